"""Do searches find groups of tasks that were planted in the data?

Tasks of a group have the same target function, with different scales and noise;
the functions of the two groups are unrelated.
"""

import dataclasses
import itertools
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.harness import estimate
from benchmarks.harness import report
from benchmarks.harness.processes import progress
from mtnas_tf.config import BaseConfig
from mtnas_tf.config import CandidatesConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import SupernetConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.sub_network import SubNetwork
from mtnas_tf.search.candidates.strategies import STRATEGIES
from studies.recorded_trainer import RecordedTrainer
from studies.route_enumeration import all_routes
from studies.settings import Settings
from studies.standalone import scores
from studies.standalone import train_routes
from studies.supernet import found_route
from studies.synthetic_rows import SyntheticRows

GROUPS = (("task_0", "task_2"), ("task_1", "task_3"))
ROWS = SyntheticRows(
    num_train=4000, scales=(1.0, 1.0, 0.7, 0.7), num_features=8, num_sines=0
)
SMOKE_ROWS = dataclasses.replace(ROWS, num_train=256)
CONFIG = ExperimentConfig(
    base=BaseConfig(normalization="batch"),
    model=ModelConfig(
        num_layers=1,
        num_subnetworks=2,
        units=1,
        query_scope="root",
        dedup_singletons=True,
    ),
    optim=OptimConfig(epochs=15, patience=5, learning_rate=0.02),
    search=SearchConfig(
        method="reinforce",
        candidates=CandidatesConfig(num_rounds=6),
        supernet=SupernetConfig(
            epochs=15, warmup_epochs=5, reward="negative_loss"
        ),
    ),
)
SMOKE_CONFIG = dataclasses.replace(
    CONFIG,
    optim=OptimConfig(epochs=1, jit_compile=False),
    search=SearchConfig(
        method="reinforce",
        candidates=CandidatesConfig(num_places=3, num_rounds=1),
        supernet=SupernetConfig(
            epochs=1, warmup_epochs=0, reward="negative_loss"
        ),
    ),
)
COST_WEIGHTS = (0.1, 1.0)
STARTS = 8  # one for each round of a search, two for its finals
SEEDS = 10
SUPERNET = "supernet, reinforce"
PROTOCOL = """\
Four regressions in two groups ({groups}). The tasks of a group have the same
function of eight features, with different scales and noise; the functions of
the two groups are unrelated. The space has one layer of two sub-networks, one
unit wide, so that each can carry one function. A route recovers the groups if
tasks of a group reach the same sub-networks, and tasks of different groups
reach none in common. Every seed draws data, weights and searches anew. A search
among candidates trains {trained} of the space's {routes} routes, then the best
ones again; its trainings are looked up among {starts} of each route. The cost
in its name is the score that the cost of the full route takes off. The score is
minus the sum of the squared errors, and the labels' variances add up to
{variance:.1f}. The search in a supernet uses no cost. For random routes the
table has the chance that one of them recovers the groups, found or not."""
SCORES = """\
Test scores of known routes, each the mean of {starts} trainings a seed:"""

CHOICES = """\
The number of rounds and the two costs were chosen in trial runs that shared
seeds 0 to 3 with the ten reported. An earlier full run at cost 0.1, with all
networks trained anew, recovered 7 of 10 with the surrogate and 8 of 10 in the
supernet: the surrogate's rate at that cost is 70 to 90 %. All this precedes a
change to the search: it now begins with every way to part the tasks in two, the
planted one among them."""


def run(settings: Settings) -> dict[str, Any]:
    """Searches with every seed.

    Returns:
        `planted_recovered`: method -> share of the searches, then chances.
        `summary`: known routes, with their scores. `rows`: a search each.
    """
    config, drawn, starts, num_seeds = CONFIG, ROWS, STARTS, SEEDS
    if settings.is_smoke:
        config, drawn, starts, num_seeds = SMOKE_CONFIG, SMOKE_ROWS, 1, 1
    space = route_space(config, drawn.schema.task_names)
    routes = all_routes(space)
    many = with_section(config, "search.candidates", num_places=len(routes))
    trainer = new_trainer(many, drawn.schema, space)
    population = new_trainer(config, drawn.schema, space).population
    rows: list[dict[str, Any]] = []
    found: list[Any] = []
    for seed in range(num_seeds):
        progress(f"planted: seed {seed}")
        data = drawn.draw(seed)
        seeded = dataclasses.replace(config, seed=seed)
        trained = train_routes(trainer, data, routes, range(starts))
        recorded = RecordedTrainer(
            population, dict(zip(routes, trained, strict=True))
        )
        rows += _search(seeded, data, recorded)
        found.append(scores(data.schema.tasks, trained, "test").mean(axis=1))
    of_route = dict(zip(routes, np.transpose(found), strict=True))
    return {
        "planted_recovered": {
            **_rates(rows),
            **_chances(routes, num_trained(config)),
        },
        "splits": 1,
        "seeds": num_seeds,
        "summary": [
            {"route": name, "score": estimate.estimate(of_route[route])}
            for name, route in known_routes(space).items()
        ],
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, a table of the methods and one of known routes."""
    protocol = PROTOCOL.format(
        groups=" and ".join(" with ".join(group) for group in GROUPS),
        trained=num_trained(CONFIG),
        routes=route_space(CONFIG, ROWS.schema.task_names).size,
        starts=STARTS,
        variance=sum(scale**2 for scale in ROWS.scales),
    )
    methods = [
        {"method": method, "groups recovered": f"{100 * rate:.3g} %"}
        for method, rate in section["planted_recovered"].items()
    ]
    known = [
        {"route": entry["route"], "test score": estimate.text(entry["score"])}
        for entry in section["summary"]
    ]
    return "\n\n".join(
        [
            protocol,
            CHOICES,
            report.table(methods),
            SCORES.format(starts=STARTS),
            report.table(known),
        ]
    )


def recovers(route: Route, groups: Sequence[Sequence[str]]) -> bool:
    """Whether tasks share all within a group and nothing across groups."""
    reached = [[set(route.reached(task)) for task in group] for group in groups]
    return all(
        own == of_group[0] for of_group in reached for own in of_group
    ) and all(
        ours.isdisjoint(theirs)
        for first, second in itertools.combinations(reached, 2)
        for ours in first
        for theirs in second
    )


def known_routes(space: RouteSpace) -> dict[str, Route]:
    """The planted route, and what people would try."""
    planted = {
        task: SubNetwork(0, index).name(space.num_subnetworks)
        for index, group in enumerate(GROUPS)
        for task in group
    }
    return {
        "a sub-network for each group": _one_each(space, planted),
        "full route": space.full_route(),
        "one sub-network for all": _one_each(
            space, dict.fromkeys(space.tasks, "s1")
        ),
    }


def num_trained(config: ExperimentConfig) -> int:
    """Routes that a search among candidates trains in its rounds."""
    settings = config.search.candidates
    return settings.num_places * settings.num_rounds


def _search(
    config: ExperimentConfig, data: MultiTaskData, trainer: CandidateTrainer
) -> list[dict[str, Any]]:
    """The route that each method ends with."""
    found = {SUPERNET: found_route(config, data)}
    for strategy in STRATEGIES:
        chosen = with_section(config, "search.candidates", strategy=strategy)
        for weight in COST_WEIGHTS:
            search = search_candidates(chosen, data, trainer, weight)
            name = f"candidates, {strategy}, cost {weight:g}"
            found[name] = search.route
    return [
        {
            "method": method,
            "seed": config.seed,
            "route": str(route).replace("\n", "; "),
            "is_recovered": recovers(route, GROUPS),
        }
        for method, route in found.items()
    ]


def _rates(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    of_method: dict[str, list[bool]] = {}
    for row in rows:
        of_method.setdefault(row["method"], []).append(row["is_recovered"])
    return {name: float(np.mean(each)) for name, each in of_method.items()}


def _chances(routes: Sequence[Route], num_drawn: int) -> dict[str, float]:
    """Chances that one random route, or any of many, recovers the groups."""
    good = sum(recovers(route, GROUPS) for route in routes)
    return {
        "a random route": good / len(routes),
        f"any of {num_drawn} random routes": float(
            stats.hypergeom.sf(0, len(routes), good, num_drawn)
        ),
    }


def _one_each(space: RouteSpace, numbers: Mapping[str, str]) -> Route:
    """Every task reads one sub-network."""
    blocks = {task: BlockRoute((numbers[task],)) for task in space.tasks}
    return Route(space.num_layers, space.num_subnetworks, blocks)
