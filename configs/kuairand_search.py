"""KuaiRand: the search against methods that were tuned, on ten splits.

    mtnas prepare kuairand/pure --raw-dir RAW --data-dir DATA
    mtnas compare configs/kuairand_search.py --seeds 1 --splits 10 \
        --workdir runs/kuairand_search --set data.data_dir=DATA \
        --executor processes:2

Data, base net and the single pass over the rows are those of
`configs/kuairand.py`. `kuairand_search_rates.json` has the learning rate of
each method, by the mean validation score of four networks on split 11, which is
none of the ten, and all that was tried: .001, .002 and .004, and beyond these
where the best was at an end. The methods are MMoE and those that came next to
it in these trials, of which STEM-Net stands for the four with tables of each
task's own, which take five times as long as others; further single-task
networks, Shared-Bottom, and MMoE with a weight of 10 on the loss of likes,
which are rare.

Routes have two embedding tables to read, since random routes with two scored
more than with one (3.8418 against 3.8375, eight networks each, on the same
validation rows). A search trains 16 networks, four at a time: three rounds, and
one of the two best routes from other starts. So does every other row.
"""

from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section

KUAIRAND = Path(__file__).parent / "kuairand.py"
RATES = Path(__file__).parent / "kuairand_search_rates.json"


def get_config() -> ExperimentConfig:
    """The experiment."""
    config = load_config(KUAIRAND)
    config = with_section(
        config,
        "model",
        baselines=(
            *("mmoe", "stem_net", "cgc", "cross_stitch", "ml_mmoe"),
            *("shared_bottom", "single_task"),
        ),
        mmoe_loss_weights=("like:10",),
    )
    config = with_section(config, "optim", tuned=str(RATES))
    config = with_section(config, "search", compared=("candidates",))
    return with_section(
        config,
        "search.candidates",
        num_tables=2,
        num_places=4,
        num_rounds=3,
        num_final_rounds=1,
        num_finalists=2,
    )
