"""Search among networks trained by themselves."""

import dataclasses
import math
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.config.section import Section
from mtnas_tf.routes.route_space import VALUE_SCOPES
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies.catalog import UNIFORM
from mtnas_tf.search.candidates.strategies.random_search import DRAWS
from mtnas_tf.search.candidates.strategies.random_search import UNIFORM_DRAWS

HALVING = "halving"  # the one strategy that is a search of its own


@dataclasses.dataclass(frozen=True, kw_only=True)
class CandidatesConfig(Section):
    """Search among networks trained by themselves. See `CandidateSearch`.

    Args:
        value_scope, num_tables, has_linear: of the space, see `RouteSpace`.
        subnetwork_units: of the space, see `RouteSpace`; without any all
            sub-networks are `model.units` wide. A supernet's are.
        num_places: networks trained side by side, see `RoutePopulation`.
        strategy: `"surrogate"`, `"expected_improvement"`, `"evolution"`,
            `"groupings"`, `"reinforce"` or `"random"`, or `"halving"`, see
            `HalvingSearch`, which has no final rounds.
        draws: of the `"surrogate"`, `"expected_improvement"` and `"random"`
            strategies, see `RandomSearch`: `"any_sparsity"`, which begins with
            hand-made routes, or `"uniform"`, which tries none.
        num_rounds, num_final_rounds, num_finalists: see `CandidateSearch`.
        cost_weights: of the searches that `compare` makes, see
            `CandidateSearch`; the cost is the multiply-adds of a route as a
            share of the full route's.
        num_retrainings: fresh trainings of a searched route that `compare`
            averages.
    """

    key: ClassVar[str] = "search.candidates"

    value_scope: str = "all_prev"
    num_tables: int = 1
    has_linear: bool = False
    subnetwork_units: tuple[int, ...] = ()
    num_places: int = 8
    strategy: str = "surrogate"
    draws: str = "any_sparsity"
    num_rounds: int = 4
    num_final_rounds: int = 1
    num_finalists: int = 4
    cost_weights: tuple[float, ...] = (0.0,)
    num_retrainings: int = 4

    def check(self) -> None:
        check_choices(VALUE_SCOPES, **self.values("value_scope"))
        check_choices((*sorted(STRATEGIES), HALVING), **self.values("strategy"))
        check_choices(DRAWS, **self.values("draws"))
        if self.draws == UNIFORM_DRAWS:
            check_choices(sorted(UNIFORM), **self.values("strategy"))
        counts = ("num_tables", "num_places", "num_rounds", "num_finalists")
        check_ints(**self.values(*counts, "num_retrainings"))
        check_ints(0, **self.values("num_final_rounds"))
        check_widths(**self.values("subnetwork_units"))
        weights = self.cost_weights
        if not weights or not all(0 <= each < math.inf for each in weights):
            raise ValueError(
                "`search.candidates.cost_weights` must hold at least one "
                "number, none below 0. "
                f"Received: search.candidates.cost_weights={weights}"
            )
