"""MMoEs that cost as much as the routes of a comparison's searches."""

import dataclasses
import functools
from collections.abc import Iterator
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.search_config import PAPER_SETTING
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison import by_pair
from mtnas_tf.experiment.comparison.kept_networks import KeptNetworks
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import INHERITED
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.methods import RETRAINED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import search_of
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.search.candidates.outcome import best_of
from mtnas_tf.search.candidates.outcome import mean_of
from mtnas_tf.search.candidates.starts import fresh_starts


@dataclasses.dataclass(frozen=True)
class EqualCost:
    """An MMoE that costs as much as the routes of a search.

    Args:
        search: name of the search.
        cost: float. Multiply-adds of its routes' networks.
        count: int. Trainings in every pair.
        has_best: bool. Whether the best of them is a row beside their mean.
    """

    search: str
    cost: float
    count: int
    has_best: bool

    @property
    def variants(self) -> list[str]:
        """Those of its rows."""
        kinds = [MEAN, RESTARTED] if self.has_best else [MEAN]
        return [f"{self.search} {kind}".strip() for kind in kinds]


def equal_costs(comparison: Comparison) -> list[EqualCost]:
    """One for every search, when all searches and MMoE are there.

    None where MMoE itself costs as much. It is trained as often as the search
    is retrained. The first search is judged by what it picked, too: so is its
    control, which is trained as often as the search has trained.

    Args:
        comparison: `Comparison`.
    """
    methods = Methods(comparison.made.rows)
    many, again = comparison.num_trainings, comparison.num_retrainings
    found = []
    for search, cost in _costs(methods):
        has_best = search == methods.first_search and many > 1
        count = many if has_best else again
        found.append(EqualCost(search, cost, count, has_best))
    return found


def train_of_equal_cost(comparison: Comparison, target: EqualCost) -> None:
    """Trains an MMoE of equal cost for every pair.

    In the paper's shape for the paper's search.

    Args:
        comparison: `Comparison`.
        target: `EqualCost`.
    """
    config = comparison.config
    if target.search == PAPER_SETTING:
        config = paper_setting(config)
    else:
        config = with_tuned(config, BASELINE)
    cost, variants = round(target.cost), target.variants
    kept = KeptNetworks[tuple[Baseline, dict[str, Any]]]()
    for split, data in comparison.data.items():
        schema = data.schema
        make = functools.partial(_baseline, config, schema, cost)
        baseline, sizes = kept.of(schema, make)
        seeds = comparison.made.open_seeds(split, EQUAL_COST, *variants)
        pairs = [seed for seed in seeds for _ in range(target.count)]
        starts = [s for seed in seeds for s in fresh_starts(seed, target.count)]
        for outcomes in by_pair(baseline.train(data, pairs, starts)):
            found = mean_of(outcomes), best_of(schema.tasks, outcomes)
            for variant, outcome in zip(variants, found, strict=False):
                comparison.add(EQUAL_COST, variant, outcome, split, sizes)


def _baseline(
    config: ExperimentConfig, schema: DatasetSchema, cost: int
) -> tuple[Baseline, dict[str, Any]]:
    """An MMoE of a cost, and its sizes."""
    baseline = Baseline(BASELINE, config, schema, multiply_adds=cost)
    return baseline, baseline.sizes()


def _costs(methods: Methods) -> Iterator[tuple[str, float]]:
    """Searches that MMoE does not cost as much as, and their costs."""
    for method in methods.searched:
        is_plain = methods.cost_as_much((BASELINE, None), method)
        cost = methods.cost(method)
        if kind_of(method) == RETRAINED and not is_plain and cost is not None:
            yield search_of(method), cost
    cost = methods.cost((SEARCHED, f"{PAPER_SETTING} {INHERITED}"))
    if cost is not None:
        yield PAPER_SETTING, cost
