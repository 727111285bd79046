"""Book-Crossing, where it has been prepared, and the experiment on it."""

import tensorflow_datasets as tfds

from configs.book_crossing import get_config
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner


def load(split_seed: int = 0) -> tuple[ExperimentConfig, MultiTaskData]:
    """The experiment's config and its data.

    Args:
        split_seed: int >= 0. See `mtnas_tf.data.load`. Defaults to `0`.

    Raises:
        FileNotFoundError: if the data have not been prepared.
    """
    config = get_config()
    if not tfds.builder(config.data.name).is_prepared():
        raise FileNotFoundError(
            f"There is no prepared {config.data.name}. Run `mtnas prepare`, "
            "and set TFDS_DATA_DIR if it is not in TFDS's own place"
        )
    config = with_section(config, "data", split_seed=split_seed)
    return config, runner.load_data(config)
