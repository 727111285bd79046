"""Rows of a comparison by the method that made them, and who meets whom.

A method is a model and a variant: `("mtnas", "cost 0.1 retrained")` is what the
search `cost 0.1` found, trained again; `("mmoe", "restarted")` the best of many
trainings of a baseline.
"""

from collections.abc import Iterable
from collections.abc import Iterator
from typing import Any

import numpy as np

from mtnas_tf.experiment.comparison.statistics import clustered_mean
from mtnas_tf.routes import Route

BASELINE = "mmoe"
SEARCHED = "mtnas"
RANDOM = "random_route"
RANDOM_SUPERNET = "random_supernet_route"  # of the space that a supernet has
HAND_MADE = (
    "full_route",
    "disjoint_route",
    "chain_route",
    "one_layer_route",
    "one_layer_disjoint_route",
    "own_tables_route",
)
WEIGHTED = "mmoe_weighted"  # with `model.mmoe_loss_weights`
EQUAL_COST = "mmoe_equal_cost"
# Models that are neither a baseline nor a search.
CONTROLS = (EQUAL_COST, RANDOM, RANDOM_SUPERNET, *HAND_MADE)
MEAN = "mean"
RESTARTED = "restarted"
PICKED = "picked"
RETRAINED = "retrained"
INHERITED = "inherited"
# Variants that are the best of many trainings. They are compared with one
# another, and all other variants with one another.
BEST_OF_MANY = (PICKED, RESTARTED)
# Relative difference in multiply-adds up to which two networks cost the same.
COST_TOLERANCE = 0.05

Row = dict[str, Any]
Method = tuple[str, str | None]  # model, variant
Pairs = dict[tuple[int, int], Row]  # (split, seed) -> a method's row


class Methods:
    """The rows of a comparison by method.

    Args:
        rows: of a comparison, in the order they were made.
    """

    def __init__(self, rows: Iterable[Row]) -> None:
        self._pairs: dict[Method, Pairs] = {}
        for row in rows:
            pairs = self._pairs.setdefault((row["model"], row["variant"]), {})
            pairs[row["split_seed"], row["seed"]] = row

    def __iter__(self) -> Iterator[Method]:
        return iter(self._pairs)

    def __contains__(self, method: object) -> bool:
        return method in self._pairs

    def pairs(self, method: Method) -> Pairs:
        """A method's rows; none if it is not there."""
        return self._pairs.get(method, {})

    @property
    def searched(self) -> list[Method]:
        """The retrained, then the picked networks of searches, in one shape.

        A search that found the same networks as an earlier one is left out, see
        `twins`.
        """
        twins = self.twins
        return [m for m in self._searched if m not in twins]

    @property
    def twins(self) -> dict[Method, Method]:
        """Searched method -> an earlier one with the same networks."""
        found: dict[Method, Method] = {}
        for index, method in enumerate(self._searched):
            for other in self._searched[:index]:
                if other not in found and self._are_alike(method, other):
                    found[method] = other
        return found

    @property
    def first_search(self) -> str:
        """See `search_of`."""
        return search_of(next(iter(self._searched), (SEARCHED, None)))

    @property
    def baselines(self) -> list[str]:
        """Names of the baselines."""
        names = dict.fromkeys(name for name, _ in self)
        return [n for n in names if n not in (SEARCHED, *CONTROLS)]

    @property
    def best_hand_made(self) -> str | None:
        """The hand-made route that scores best on validation, if any."""
        scores = {
            name: _mean(self.pairs((name, None)), "valid_score")
            for name in HAND_MADE
            if (name, None) in self
        }
        return max(scores, key=scores.__getitem__) if scores else None

    def trained(self, name: str, many: str) -> Method:
        """A method's mean, or its only training."""
        if many == MEAN and (name, MEAN) not in self:
            return name, None
        return name, many

    def baseline_of(self, method: Method) -> Method:
        """MMoE trained as the method was: the best of many, or its mean."""
        many = RESTARTED if kind_of(method) in BEST_OF_MANY else MEAN
        return self.trained(BASELINE, many)

    def equal_cost(self, method: Method, many: str) -> Method | None:
        """A narrow MMoE, or MMoE itself where it costs as a search's route.

        None for the first search where it does: MMoE is its rival already.
        """
        narrow = (EQUAL_COST, f"{search_of(method)} {many}".strip())
        if narrow in self:
            return narrow
        plain = (BASELINE, many)
        if search_of(method) == self.first_search or plain not in self:
            return None
        return plain if self.cost_as_much(method, plain) else None

    def cost_as_much(self, method: Method, other: Method) -> bool:
        """Whether two methods' networks cost the same."""
        ratio = self.cost_ratio(method, other)
        return ratio is not None and abs(ratio - 1) <= COST_TOLERANCE

    def cost_ratio(self, of: Method, to: Method) -> float | None:
        """Ratio of multiply-adds; `None` where one has no single network."""
        costs = self.cost(of), self.cost(to)
        if costs[0] is None or costs[1] is None:
            return None
        return costs[0] / costs[1]

    def cost(self, method: Method) -> float | None:
        """Mean multiply-adds; `None` without a network for every row."""
        costs = [row["multiply_adds"] for row in self.pairs(method).values()]
        return None if None in costs or not costs else float(np.mean(costs))

    def score(self, method: Method) -> float:
        """Mean score on test; what has none comes last."""
        score = _mean(self.pairs(method), "score")
        return -np.inf if np.isnan(score) else score

    def difference(
        self,
        of: Method,
        minus: Method,
        task: str | None,
        metric: str,
        others: "Methods | None" = None,
    ) -> dict[str, Any] | None:
        """A method minus another, paired; `None` unless they have one's pairs.

        Args:
            of: a method.
            minus: another.
            task: name, or `None` for a sum over tasks.
            metric: name.
            others: where the other is. Defaults to `None`, here.

        Returns:
            The result of `clustered_mean`.
        """
        ours = self.pairs(of)
        theirs = (others or self).pairs(minus)
        if not ours or set(ours) != set(theirs):
            return None
        return clustered_mean(
            [
                value_of(row, task, metric)
                - value_of(theirs[pair], task, metric)
                for pair, row in ours.items()
            ],
            [split for split, _ in ours],
        )

    @property
    def _searched(self) -> list[Method]:
        """Means before the best of many, as in the table."""
        return [
            method
            for kind in (RETRAINED, PICKED)
            for method in self
            if method[0] == SEARCHED and kind_of(method) == kind
        ]

    def _are_alike(self, method: Method, other: Method) -> bool:
        """Whether the networks are one's in every pair.

        A route that is retrained is trained from the same starts; one that was
        picked may have had another, and scored otherwise.
        """
        ours, theirs = self.pairs(method), self.pairs(other)
        return (
            kind_of(method) == kind_of(other)
            and set(ours) == set(theirs)
            and all(
                row["route"] is not None
                and route_of(row) == route_of(theirs[pair])
                and (
                    kind_of(method) == RETRAINED
                    or np.isclose(row["score"], theirs[pair]["score"])
                )
                for pair, row in ours.items()
            )
        )


def search_of(method: Method) -> str:
    """Name of the search: empty for the plain one, `cost 0.1`, `reinforce`."""
    return (method[1] or "").rpartition(" ")[0]


def kind_of(method: Method) -> str:
    """The last word of a variant: `picked`, `retrained`, `mean`."""
    return (method[1] or "").rpartition(" ")[-1]


def name_of(method: Method) -> str:
    """The name of a method in tables."""
    model, variant = method
    return model if variant is None else f"{model} ({variant})"


def route_of(row: Row) -> Route | None:
    """The route of a row's network, if it has one."""
    return None if row["route"] is None else Route.from_dict(row["route"])


def value_of(row: Row, task: str | None, metric: str) -> float:
    """A metric of a row on test; of the sums over tasks without a task."""
    values = row if task is None else row["test"][task]
    return float(values[metric])


def _mean(pairs: Pairs, key: str) -> float:
    return float(np.mean([row[key] for row in pairs.values()]))
