"""An experiment of a second or two on data in memory."""

import contextlib

import tensorflow as tf
from toy_data import BINARY_SCHEMA
from toy_data import make_split

from mtnas_tf.config import BaseConfig
from mtnas_tf.config import CandidatesConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import SupernetConfig
from mtnas_tf.data import MultiTaskData

CONFIG = ExperimentConfig(
    data=DataConfig(name="toy", batch_size=50, reward_batch_size=16),
    base=BaseConfig(embedding_dim=3, normalization="batch", table_stddev=0.1),
    model=ModelConfig(num_layers=1, num_subnetworks=2, units=6),
    optim=OptimConfig(epochs=2, learning_rate=0.01, jit_compile=False),
    search=SearchConfig(
        method="reinforce",
        candidates=CandidatesConfig(
            num_places=3,
            strategy="random",
            num_rounds=2,
            num_finalists=2,
            num_retrainings=2,
        ),
        supernet=SupernetConfig(epochs=2, warmup_epochs=1),
    ),
    seed=3,
)
NUM_ROWS = {"train": 100, "valid": 60, "test": 40}


def load_data(config):
    """In place of `runner.load_data`."""
    splits = [
        make_split(num_rows, BINARY_SCHEMA, seed=index)
        for index, num_rows in enumerate(NUM_ROWS.values())
    ]
    return MultiTaskData(
        BINARY_SCHEMA,
        *splits,
        batch_size=config.data.batch_size,
        reward_batch_size=config.data.reward_batch_size,
        seed=config.seed,
    )


def run_eagerly():
    """For a process that is not asked for anything else."""
    tf.config.run_functions_eagerly(True)


@contextlib.contextmanager
def without_graphs():
    """Runs steps as they are: a few are done before one is compiled.

    TensorFlow then warns (UserWarning) that tf.data compiles all the same.
    """
    tf.config.run_functions_eagerly(True)
    try:
        yield
    finally:
        tf.config.run_functions_eagerly(False)
