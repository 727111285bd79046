"""Book-Crossing: a searched sparse route beside full sharing.

    mtnas prepare book_crossing --raw-dir RAW --data-dir DATA
    mtnas compare configs/book_crossing.py --seeds 3 --workdir runs/bx \
        --set data.data_dir=DATA

The base net is the one that did best on validation over all methods: layer
normalization in the sub-networks, no stem, a table that starts near zero, and
dense Adam's trajectory on it. `compare` also trains MMoE with two other base
nets, to show what the base is worth.

A second pass over the rows overfits every method, so the search is one pass:
eight routes a step, scored on one batch, let the policy settle within it.
"""

from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import SearchConfig


def get_config() -> ExperimentConfig:
    """The experiment."""
    return ExperimentConfig(
        data=DataConfig(name="book_crossing", num_buckets=300_000),
        model=ModelConfig(
            dedup_singletons=True, mmoe_recipes=("batch_norm", "paper_shape")
        ),
        search=SearchConfig(
            epochs=1,
            warmup_epochs=0,
            baseline="leave_one_out",
            num_routes=8,
            route_learning_rate=0.2,
        ),
    )
