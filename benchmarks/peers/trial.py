"""A training of a peer: its settings and its predictions.

The rounds of a peer's subject are trainings with seeds 0, 1, ...; it writes its
predictions after every epoch:

    def training_rounds(config):
        return seeded_rounds(Trial.from_config(config), train)

    def train(trial, seed):
        for epoch in range(trial.epochs):
            ...
            trial.write(seed, epoch, {"valid": ..., "test": ...})
        return number_of_dense_parameters
"""

import dataclasses
import functools
import itertools
import pathlib
import time
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

import numpy as np

from benchmarks.peers.exported_data import ExportedData

Array = Any  # of NumPy
EVALUATED = ("valid", "test")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Trial:
    """A method on one split of the rows.

    Args:
        data_path: file of the `ExportedData`.
        output_dir: directory for predictions.
        options: what tells the method's variants apart; each subject says
            where it passes them.
        batch_size: int. Defaults to `512`.
        epochs: int. All are trained. Defaults to `3`.
        learning_rate: float. Of Adam. Defaults to `1e-3`.
    """

    data_path: pathlib.Path
    output_dir: pathlib.Path
    options: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    batch_size: int = 512
    epochs: int = 3
    learning_rate: float = 1e-3

    @functools.cached_property
    def data(self) -> ExportedData:
        return ExportedData.load(self.data_path)

    def write(
        self, seed: int, epoch: int, predictions: Mapping[str, Array]
    ) -> None:
        """Keeps an epoch's predictions.

        Args:
            seed: int. The training's.
            epoch: int >= 0.
            predictions: each of `EVALUATED` -> `(rows, tasks)`, in the order
                of the data.
        """
        self.output_dir.mkdir(parents=True, exist_ok=True)
        for split in EVALUATED:
            np.save(self._path(seed, epoch, split), predictions[split])

    def read(self, seed: int, epoch: int, split: str) -> Array:
        """The predictions that were written."""
        return np.load(self._path(seed, epoch, split))

    def to_config(self) -> dict[str, Any]:
        """Plain data, for JSON."""
        return {
            **dataclasses.asdict(self),
            "data_path": str(self.data_path),
            "output_dir": str(self.output_dir),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> "Trial":
        """The inverse of `to_config`."""
        paths = {
            name: pathlib.Path(config[name])
            for name in ("data_path", "output_dir")
        }
        return cls(**{**config, **paths})

    def _path(self, seed: int, epoch: int, split: str) -> pathlib.Path:
        return self.output_dir / f"{seed}-{epoch}-{split}.npy"


def seeded_rounds(
    trial: Trial, train: Callable[[Trial, int], int]
) -> Callable[[], dict[str, float]]:
    """Each call trains with the next seed.

    Its `seconds` hold the building of the model, compilation and the
    predictions; `dense_parameters` are those outside embedding tables.

    Args:
        trial: what to train.
        train: (trial, seed) -> dense parameters; writes the predictions.
    """
    seeds = itertools.count()

    def measure() -> dict[str, float]:
        start = time.perf_counter()
        num_parameters = train(trial, next(seeds))
        seconds = time.perf_counter() - start
        return {"dense_parameters": num_parameters, "seconds": seconds}

    return measure
