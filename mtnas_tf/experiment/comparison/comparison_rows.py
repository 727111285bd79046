"""Collects the rows of a comparison and tells which are missing."""

from collections.abc import Callable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.experiment.comparison.saved_row import with_nan

Row = dict[str, Any]
Report = Callable[[str], None]


class ComparisonRows:
    """Rows by model, variant, split and seed, each made once.

    Args:
        seeds: split -> the seeds of its pairs.
        known: rows made before, as read from a file.
        report: called with a line of text after every row.
        keep: called with every row as it comes. Defaults to `None`.

    Attributes:
        rows: all of them, those made before first.
    """

    def __init__(
        self,
        seeds: Mapping[int, Sequence[int]],
        known: Sequence[Row],
        report: Report,
        keep: Callable[[Row], None] | None = None,
    ) -> None:
        self.seeds = seeds
        self.rows = list(map(with_nan, known))
        self.report = report
        self.keep = keep

    def open_seeds(
        self, split: int, model: str, *variants: str | None
    ) -> list[int]:
        """The seeds of a split that lack a row of one of the variants."""
        return [
            seed
            for seed in self.seeds[split]
            if not set(variants) <= self._variants(split, seed, model)
        ]

    def add(self, row: Row) -> None:
        """Adds a row, if there is none like it.

        A row may be there already, if another row of its pair was missing.
        """
        known = self._variants(row["split_seed"], row["seed"], row["model"])
        if row["variant"] in known:
            return
        self.rows.append(row)
        if self.keep is not None:
            self.keep(row)
        self.report(_progress(row))

    def trainings_of(self, variant: str) -> int:
        """Number of trainings behind the rows of a variant."""
        rows = [row for row in self.rows if row["variant"] == variant]
        return int(rows[0]["num_trainings"])

    @property
    def dense_target(self) -> int:
        """Mean dense parameters of the first search's routes' networks."""
        sizes: dict[str, list[int]] = {}
        for row in self.rows:
            if str(row["variant"]).endswith("retrained"):
                dense = row["num_parameters"]["dense"]
                sizes.setdefault(row["variant"], []).append(dense)
        return round(np.mean(next(iter(sizes.values())))) if sizes else 0

    def set_budgets(self, seconds: float) -> None:
        """Sets the cost of all rows, in units of one training's seconds."""
        for row in self.rows:
            row["budget"] = row["train_seconds"] / seconds

    def _variants(self, split: int, seed: int, model: str) -> set[str | None]:
        """Variants of a model that a pair already has."""
        return {
            row["variant"]
            for row in self.rows
            if (row["split_seed"], row["seed"], row["model"])
            == (split, seed, model)
        }


def _progress(row: Row) -> str:
    name = row["model"] + (f" ({row['variant']})" if row["variant"] else "")
    return (
        f"split {row['split_seed']} seed {row['seed']}  {name:28} "
        f"score {row['score']:.4f}  mtl_loss {row['mtl_loss']:.4f}  "
        f"{row['train_seconds']:.0f} s"
    )
