"""Two regressions whose relatedness is a number, arXiv:2009.00387 section 5.1.

    mtnas compare configs/synthetic.py --seeds 3 --workdir runs/synthetic

The tasks are unrelated (p = 0); `--set data.name=synthetic_mtl/p90` makes them
nearly the same. Metrics are mean squared errors; the noise alone leaves 0.01.

Trainings begin on a plateau, and stay there longer the more gates they have. So
that routes are not judged by how soon they leave it, all trainings take 60
epochs and keep the weights of the best one.
"""

from mtnas_tf.config import BaseConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import SupernetConfig


def get_config() -> ExperimentConfig:
    """The experiment."""
    return ExperimentConfig(
        data=DataConfig(name="synthetic_mtl/p0", batch_size=128),
        base=BaseConfig(normalization=None),
        model=ModelConfig(units=16, dedup_singletons=True),
        optim=OptimConfig(epochs=60, patience=60),
        search=SearchConfig(
            supernet=SupernetConfig(
                epochs=30, warmup_epochs=5, reward="negative_loss"
            ),
        ),
    )
