"""KuaiRand: routes against methods whose loss weights were tuned, too.

    mtnas prepare kuairand/pure --raw-dir RAW --data-dir DATA
    mtnas compare configs/kuairand_weighted.py --seeds 1 --splits 10 \
        --workdir runs/kuairand_weighted --set data.data_dir=DATA \
        --executor processes:2 --set data.reads_holdout=true

`configs/kuairand_search.py` showed that MMoE gains as much by a weight of 10 on
the loss of likes as by its routes. Here each method has the weights on the two
rare tasks and the learning rate that are best together: by the mean validation
score on split 11, which is none of the ten, of the trials listed in
`kuairand_weighted_rates.json`. Single-task networks share nothing that a weight
could change, and keep the rate that they had.

The methods are MMoE, CGC, which came next to it, and single-task networks. A
search draws the routes of its first two rounds uniformly and proposes those of
the third by the surrogate: on split 11 uniform routes scored more than sparse
ones and than hand-made ones. One final round follows. The hold-out is read,
once, in place of the test rows.
"""

from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section

SEARCH = Path(__file__).parent / "kuairand_search.py"
RATES = Path(__file__).parent / "kuairand_weighted_rates.json"


def get_config() -> ExperimentConfig:
    """The experiment."""
    config = load_config(SEARCH)
    config = with_section(
        config,
        "model",
        baselines=("mmoe", "cgc", "single_task"),
        mmoe_loss_weights=(),
    )
    config = with_section(config, "optim", tuned=str(RATES))
    return with_section(config, "search.candidates", draws="uniform")
