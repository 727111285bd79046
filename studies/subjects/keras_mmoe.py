"""An MMoE written in plain Keras: `fit` on arrays in memory.

One table for all fields, Keras's own initializers and Adam; biases in gates
and towers.
"""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from benchmarks.subjects.training_keras import mmoe
from studies.trial import EVALUATED
from studies.trial import Trial
from studies.trial import seeded_rounds

PACKAGES = ("keras", "tensorflow", "numpy")
PREDICTED_ROWS = 4096


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    keras.utils.set_random_seed(seed)
    data = trial.data
    sizes = list(data.shape.tables.values())
    offsets = np.cumsum([0, *sizes[:-1]], dtype=np.int32)
    ids = {split: i + offsets for split, i in data.field_ids.items()}
    labels = dict(zip(data.tasks, data.labels["train"].T, strict=True))
    model = mmoe(data.shape)
    model.compile(
        keras.optimizers.Adam(trial.learning_rate), loss="binary_crossentropy"
    )
    for epoch in range(trial.epochs):
        model.fit(ids["train"], labels, batch_size=trial.batch_size, verbose=0)
        predictions = {}
        for split in EVALUATED:
            by_task = model.predict(ids[split], PREDICTED_ROWS, verbose=0)
            columns = [by_task[task] for task in data.tasks]
            predictions[split] = np.concatenate(columns, axis=1)
        trial.write(seed, epoch, predictions)
    return model.count_params() - data.shape.num_table_weights
