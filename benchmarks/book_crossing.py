"""Book-Crossing, where it has been prepared, and the experiment on it."""

import tensorflow_datasets as tfds

from configs.book_crossing import get_config
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner


def load() -> tuple[ExperimentConfig, MultiTaskData]:
    """The experiment's config and its data.

    Raises:
        FileNotFoundError: if the data have not been prepared.
    """
    config = get_config()
    if not tfds.builder(config.data.name).is_prepared():
        raise FileNotFoundError(
            f"There is no prepared {config.data.name}. Run `mtnas prepare`, "
            "and set TFDS_DATA_DIR if it is not in TFDS's own place"
        )
    return config, runner.load_data(config)
