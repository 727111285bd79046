"""Which strategy finds planted groups of tasks with equally many trainings?

Nothing is trained: the score of a route is a formula and noise, so that every
search can be repeated often.
"""

import functools
import warnings
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.harness import report
from benchmarks.harness.estimate import estimate
from benchmarks.harness.processes import progress
from mtnas_tf.routes import Route
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search import HalvingSearch
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Surrogate
from mtnas_tf.search.candidates.strategies import Trial
from mtnas_tf.search.candidates.strategies import new_strategy
from mtnas_tf.search.candidates.strategies.proposed_route import proposed_route
from studies.planted import recovers
from studies.planted_worth import SCHEMA
from studies.planted_worth import SPACE
from studies.planted_worth import PlantedTrainer
from studies.planted_worth import PlantedWorth
from studies.planted_worth import no_rows
from studies.settings import Settings

NOISES = (0.125, 0.25, 0.5)
REPEATS = 200
POOL_SIZE = 3000
PLACES = 8
HALVING, HALVING_ROUNDS = "halving", 9  # 5.25 trainings of all places
PROTOCOL = """\
Five tasks in two groups, in the default space of two layers of four
sub-networks. The worth of a route is a formula: to read what another task reads
is worth something positive within a group and negative across groups, in
proportion to what two tasks have in common; every repeat draws groups and
values anew. Full sharing is worth 0 and the two groups apart, with all
sub-networks dealt, 1. A tenth of that (standard deviation) is a route's own,
which no strategy can know before it tries it. A training adds noise: its
standard deviation is in the table, in the same unit, and most of it is one
task's. On KuaiRand it is about .25. The searches are those of
`CandidateSearch` as it is: four rounds of eight trainings and a final one.
Halving, whose trainings are a quarter as long and have twice the noise at
first, has {halving} such trainings of all places in place of 5. Random routes,
and pools of the surrogate, are drawn from {pool:,} that were drawn beforehand.
The worth is that of the route with the best mean, and of the one whose network
is picked. {repeats} repeats, the same for all strategies."""
NOTE = """\
The formula is additive over pairs of tasks and best where groups share all or
nothing, as `groupings` assumes: it tells how fast a strategy learns that where
it is so, not whether it is."""


def run(settings: Settings) -> dict[str, Any]:
    """Searches with every strategy, often.

    Returns:
        `strategies_worth`: noise -> strategy -> mean worth of its route.
        `rows`: a strategy at a noise each, with errors.
    """
    repeats = 2 if settings.is_smoke else REPEATS
    rows = [row for noise in NOISES for row in rows_of(noise, repeats)]
    return {
        "strategies_worth": {
            f"{noise:g}": {
                row["strategy"]: row["worth"]["mean"]
                for row in rows
                if row["noise"] == noise
            }
            for noise in NOISES
        },
        "splits": 1,
        "seeds": repeats,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of the strategies."""
    protocol = PROTOCOL.format(
        halving=5.25, pool=POOL_SIZE, repeats=section["seeds"]
    )
    lines = [
        {
            "noise": f"{row['noise']:g}",
            "strategy": row["strategy"],
            "worth of the route": _text(row["worth"]),
            "of the picked network": _text(row["picked"]),
            "groups found": f"{100 * row['recovered']['mean']:.0f} %",
            "minus surrogate": _text(row["minus_surrogate"], signed=True),
        }
        for row in section["rows"]
    ]
    return "\n\n".join([protocol, NOTE, report.table(lines)])


def rows_of(noise: float, repeats: int) -> list[dict[str, Any]]:
    """A row of each strategy.

    Args:
        noise: float >= 0.
        repeats: int > 0.
    """
    found: dict[str, list[tuple[float, float, bool]]] = {}
    for name in (*STRATEGIES, HALVING):
        progress(f"strategies: {name} at noise {noise:g}")
        found[name] = [searched(name, seed, noise) for seed in range(repeats)]
    reference = np.array(found["surrogate"], float)[:, 0]
    return [
        {
            "noise": noise,
            "strategy": name,
            "worth": estimate(values[:, 0]),
            "picked": estimate(values[:, 1]),
            "recovered": estimate(values[:, 2]),
            "minus_surrogate": estimate(values[:, 0] - reference),
        }
        for name, each in found.items()
        for values in [np.array(each, float)]
    ]


def searched(name: str, seed: int, noise: float) -> tuple[float, float, bool]:
    """Worth of a search's route and of its network; whether it has the groups.

    Args:
        name: of the strategy.
        seed: int >= 0. Of the worth and of the search.
        noise: float >= 0.
    """
    worth = _worth(seed)
    trainer = PlantedTrainer(worth, noise, PLACES)
    kwargs: dict[str, Any] = {"trainer": trainer, "seed": seed}
    if name == HALVING:
        kwargs |= {"strategy": from_pool("random")}
        kwargs |= {"num_rounds": HALVING_ROUNDS}
        search: CandidateSearch = HalvingSearch(SCHEMA, **kwargs)
    else:
        search = CandidateSearch(SCHEMA, strategy=from_pool(name), **kwargs)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".* proposes by scores")
        found = search.run(no_rows(), verbose=0)
    route = found.route
    picked = worth.of(found.best.route)
    return worth.of(route), picked, recovers(route, worth.groups)


def from_pool(name: str) -> Strategy:
    """A strategy whose random routes are those of `_pool`.

    Args:
        name: key of `STRATEGIES`.
    """
    kind = STRATEGIES[name]
    if kind.draw not in (STRATEGIES["random"].draw, Surrogate.draw):
        return new_strategy(name, SPACE)

    class FromPool(kind):  # type: ignore[misc, valid-type]
        def draw(
            self, trials: Sequence[Trial], rng: np.random.Generator
        ) -> Route:
            routes, _ = _pool()
            return routes[int(rng.integers(len(routes)))]

        def features(self, routes: Sequence[Route]) -> np.ndarray:
            _, known = _pool()
            rows = [known.get(id(route)) for route in routes]
            return np.stack(
                [
                    _features(route) if row is None else row
                    for route, row in zip(routes, rows, strict=True)
                ]
            )

    return FromPool(SPACE, first=new_strategy(name, SPACE).first)


@functools.cache
def _pool() -> tuple[list[Route], dict[int, np.ndarray]]:
    """Routes to draw from, and their features by `id`."""
    rng = np.random.default_rng(0)
    routes = [proposed_route(SPACE, rng) for _ in range(POOL_SIZE)]
    return routes, {id(route): _features(route) for route in routes}


@functools.cache
def _features(route: Route) -> np.ndarray:
    found: np.ndarray = Surrogate(SPACE).features([route])[0]
    return found


@functools.cache
def _worth(seed: int) -> PlantedWorth:
    return PlantedWorth(seed)


def _text(found: Mapping[str, Any], signed: bool = False) -> str:
    mean = f"{found['mean']:{'+' if signed else ''}z.3f}"
    if found["std_error"] is None:
        return mean
    return f"{mean} ± {found['std_error']:.3f}"
