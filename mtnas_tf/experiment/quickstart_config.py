"""The experiment of `mtnas quickstart`: a few minutes on two cores."""

from mtnas_tf.config import BaseConfig
from mtnas_tf.config import CandidatesConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import SupernetConfig


def get_config() -> ExperimentConfig:
    """The experiment."""
    return ExperimentConfig(
        data=DataConfig(name="synthetic_mtl/small", batch_size=128),
        base=BaseConfig(normalization=None),
        # One training for a search, and so for each of its controls.
        model=ModelConfig(
            units=16,
            dedup_singletons=True,
            baselines=("single_task", "shared_bottom", "mmoe"),
        ),
        optim=OptimConfig(epochs=30, patience=5),
        search=SearchConfig(
            method="reinforce",
            compared=("reinforce",),
            candidates=CandidatesConfig(
                num_places=4, num_rounds=2, num_finalists=2, num_retrainings=2
            ),
            supernet=SupernetConfig(
                epochs=15,
                warmup_epochs=3,
                reward="negative_loss",
                route_learning_rate=5e-2,
            ),
        ),
    )
