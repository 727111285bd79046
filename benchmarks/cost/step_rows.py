"""Rows of the cost section, by the size that changes."""

from collections.abc import Mapping
from typing import Any

from benchmarks.cost.point import CostPoint

Row = Mapping[str, Any]


class CostSteps:
    """Finds rows by the factor that changes."""

    def __init__(self, section: Mapping[str, Any]) -> None:
        self.section = section

    def point(self, step: str, **changed: Any) -> CostPoint:
        """The sizes of the centre, some changed."""
        return CostPoint(**{**self.section["cost_centre"][step], **changed})

    def centre(self, step: str) -> Row:
        size = self.point(step).batch_size
        rows = self.of_factor(step, "batch_size")
        return next(row for row in rows if row["value"] == size)

    def of_factor(self, step: str, factor: str) -> list[Row]:
        """By ascending value."""
        found = [
            row
            for row in self.section["rows"]
            if (row["step"], row["factor"]) == (step, factor)
        ]
        return sorted(found, key=lambda row: row["value"])

    def factors(self, step: str) -> list[str]:
        rows = self.section["rows"]
        return list(
            dict.fromkeys(row["factor"] for row in rows if row["step"] == step)
        )

    def distinct(self, step: str) -> list[Row]:
        """Every point once: the centre belongs to all factors."""
        centre = self.section["cost_centre"][step]
        return [self.centre(step)] + [
            row
            for row in self.section["rows"]
            if row["step"] == step and row["value"] != centre[row["factor"]]
        ]

    def fixed_ms(self, step: str) -> float:
        return float(self.section["cost_fixed_ms"][step]["median"])

    def limit(self, name: str) -> float:
        return float(self.section["cost_limits"][name]["median"])

    def growth(self, step: str, factor: str) -> float:
        """Time at the largest value over that at the smallest."""
        rows = self.of_factor(step, factor)
        return step_ms(rows[-1]) / step_ms(rows[0])


def step_ms(row: Row) -> float:
    """The median time of a point."""
    return float(row["step_ms"]["median"])
