"""DeepCTR's MMoE (legacy Keras), trained by its `fit` on arrays in memory.

A table per field, no bias in the towers' and gates' linear layer. The library
starts all experts with the same values. Options are passed to the model; it
regularizes tables by 1e-5 unless told otherwise.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.subjects.training_deepctr import mmoe
from studies.trial import EVALUATED
from studies.trial import Trial
from studies.trial import seeded_rounds

PACKAGES = ("deepctr", "tensorflow-cpu", "keras", "numpy")
PREDICTED_ROWS = 4096


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    tf.keras.utils.set_random_seed(seed)
    data = trial.data
    model = mmoe(data.shape, seed=seed, **trial.options)
    model.compile(
        tf.keras.optimizers.Adam(trial.learning_rate),
        loss="binary_crossentropy",
    )
    for epoch in range(trial.epochs):
        model.fit(
            data.columns("train"),
            list(data.labels["train"].T),
            batch_size=trial.batch_size,
            verbose=0,
        )
        predictions = {
            split: np.concatenate(
                model.predict(data.columns(split), PREDICTED_ROWS, verbose=0),
                axis=1,
            )
            for split in EVALUATED
        }
        trial.write(seed, epoch, predictions)
    num_weights = sum(math.prod(w.shape) for w in model.trainable_weights)
    return num_weights - data.shape.num_table_weights
