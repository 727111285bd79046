"""The config and data of studies of KuaiRand."""

import tensorflow_datasets as tfds

from configs.kuairand_search import get_config
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import with_tuned
from studies.experiment import load as load_smoke
from studies.settings import Settings


def load(
    settings: Settings, split_seed: int
) -> tuple[ExperimentConfig, MultiTaskData]:
    """The search of `configs/kuairand_search.py`, with the rate of its routes.

    Tiny, with one table and on other rows in a smoke run.

    Args:
        settings: `Settings`.
        split_seed: int > 0.

    Raises:
        FileNotFoundError: if the data have not been prepared.
    """
    if settings.is_smoke:
        return load_smoke(settings)
    config = with_tuned(get_config(), SEARCHED)
    config = with_section(config, "data", split_seed=split_seed)
    if not tfds.builder(config.data.name).is_prepared():
        raise FileNotFoundError(
            f"There is no prepared {config.data.name}. Run `mtnas prepare`, "
            "and set TFDS_DATA_DIR if it is not in TFDS's own place"
        )
    return config, runner.load_data(config)
