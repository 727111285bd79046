"""DeepCTR-Torch's MMoE, trained by its `fit` on arrays in memory.

A table per field, no bias in the towers' and gates' linear layer; its loss is
the sum over the rows of a batch. Options are passed to the model; the library
regularizes tables by 1e-5 unless told otherwise.
"""

from collections.abc import Callable
from typing import Any

import torch

from benchmarks.subjects.training_deepctr_torch import mmoe
from studies.torch_epochs import train_epochs
from studies.trial import Trial
from studies.trial import seeded_rounds

PACKAGES = ("deepctr-torch", "torch", "numpy")
PREDICTED_ROWS = 4096


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def _train(trial: Trial, seed: int) -> int:
    data = trial.data
    model = mmoe(data.shape, seed=seed, **trial.options)
    model.compile(
        torch.optim.Adam(model.parameters(), lr=trial.learning_rate),
        loss=["binary_crossentropy"] * len(data.tasks),
    )
    return train_epochs(
        trial,
        seed,
        model,
        lambda: model.fit(
            data.columns("train"),
            data.labels["train"],
            batch_size=trial.batch_size,
            verbose=0,
        ),
        lambda columns: model.predict(columns, PREDICTED_ROWS),
    )
