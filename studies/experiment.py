"""The config and data of studies of Book-Crossing."""

from benchmarks import book_crossing
from configs.book_crossing import get_config
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from studies.settings import Settings
from studies.synthetic_rows import SyntheticRows

SMOKE_ROWS = SyntheticRows(num_train=256, batch_size=64)


def load(settings: Settings) -> tuple[ExperimentConfig, MultiTaskData]:
    """The experiment on Book-Crossing, tiny and on other rows in a smoke run.

    Raises:
        FileNotFoundError: if the data have not been prepared.
    """
    if not settings.is_smoke:
        return book_crossing.load()
    config = with_section(get_config(), "model", units=4)
    config = with_section(config, "optim", epochs=1, jit_compile=False)
    config = with_section(config, "search.candidates", num_places=4)
    return config, SMOKE_ROWS.draw(seed=0)
