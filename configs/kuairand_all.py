"""KuaiRand: all nine reactions, four of them of less than .3 % of the rows.

    mtnas prepare kuairand/pure_all --raw-dir RAW --data-dir DATA
    mtnas compare configs/kuairand_all.py --models mmoe,single_task \
        --seeds 2 --splits 3 --workdir runs/kuairand_all \
        --set data.data_dir=DATA

The five tasks of `configs/kuairand.py`, and comment, follow, forward and hate.
With so few positives an AUC tells little: a test split has some twenty of hate.
Rows, splits and hold-out are those of `configs/kuairand.py`; so is the rest.
"""

from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section

KUAIRAND = Path(__file__).parent / "kuairand.py"


def get_config() -> ExperimentConfig:
    """The experiment."""
    config = load_config(KUAIRAND)
    return with_section(config, "data", name="kuairand/pure_all")
