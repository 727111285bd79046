"""What do searches find on KuaiRand, and at what price?

Each is run as it is, and what it finds is trained again from other starts.
"""

import dataclasses
import functools
import time
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import TypeVar

import numpy as np

from benchmarks.harness import report
from benchmarks.harness.estimate import estimate
from benchmarks.harness.estimate import text
from benchmarks.harness.processes import progress
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.search.candidates import validation_score
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.outcome import train_jobs
from mtnas_tf.search.candidates.starts import fresh_starts
from mtnas_tf.search.candidates.strategies import STRATEGIES
from studies import kuairand
from studies.ranking import draw_routes
from studies.settings import Settings
from studies.standalone import train_routes
from studies.supernet import found_route

SPLITS = (12, 13)  # rates were chosen on 11, methods compared on 1 to 10
STARTS = 4
NUM_RANDOM = 16
NUM_ROUNDS = 5  # of new routes, and a final one
SUPERNETS = ("reinforce", "uniform")
ONE_LAYER = "one layer, all shared"
Result = TypeVar("Result")
PROTOCOL = """\
Searches of the space of `configs/kuairand_search.py`: two tables, four networks
side by side, one pass over the rows. Those among candidates have {rounds}
rounds of new routes and a final one for the two best. Supernets, of one table
and of routes that read the layer before, take a pass, too; after `uniform`, 64
routes are scored by the supernet's weights. The route of each is trained again
from {starts} starts, the same for all; its score is the mean sum of five AUCs
on the test rows. *Random* is the mean of {random} routes drawn uniformly from
the space, each trained once, from the same starts. *Picked* is the test score
of the network that a search ends with, the best of all on validation, minus
that of the random search's. *Cost* is the time of the search in trainings of
one network of four, compilation left out but for supernets. ±: standard error
over splits; with two it has one degree of freedom, and nothing is corrected for
the number of rows."""


def run(settings: Settings) -> dict[str, Any]:
    """Searches on every split.

    Returns:
        `searches_gain`: search -> mean score of its routes minus random ones.
        `summary`: a search each. `rows`: a search on a split each.
    """
    splits = SPLITS[:1] if settings.is_smoke else SPLITS
    rows = [row for split in splits for row in rows_of(settings, split)]
    names = dict.fromkeys(row["search"] for row in rows)
    summary = [_summarize(name, rows) for name in names]
    return {
        "searches_gain": {
            entry["search"]: entry["score"]["mean"] for entry in summary
        },
        "splits": len(splits),
        "seeds": 1,
        "summary": summary,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of the searches."""
    protocol = PROTOCOL.format(
        rounds=NUM_ROUNDS, starts=STARTS, random=NUM_RANDOM
    )
    lines = [
        {
            "search": entry["search"],
            "trainings": entry["trainings"] or "",
            "cost": f"{entry['cost']['mean']:.1f}" if "cost" in entry else "",
            "route - random": text(entry["score"], signed=True),
            "loss of the route - random": text(entry["loss"], signed=True),
            "picked - random search's": text(entry["picked"], signed=True)
            if "picked" in entry
            else "",
        }
        for entry in sorted(
            section["summary"], key=lambda entry: -entry["score"]["mean"]
        )
    ]
    return f"{protocol}\n\n{report.table(lines)}"


def rows_of(settings: Settings, split: int) -> list[dict[str, Any]]:
    """A row of each search on a split.

    Args:
        settings: `Settings`.
        split: int. The split's seed, and that of the searches.
    """
    config, data = kuairand.load(settings, split)
    config = dataclasses.replace(config, seed=split)
    config = with_section(config, "search.candidates", num_rounds=NUM_ROUNDS)
    space = route_space(config, data.schema.task_names)
    trainer = new_trainer(config, data.schema, space)
    starts = fresh_starts(split, STARTS)
    progress(f"searches: split {split}, random routes")
    jobs = [
        Job(split, route, starts[index % STARTS])
        for index, route in enumerate(draw_routes(space, NUM_RANDOM))
    ]
    train_jobs(trainer, data, jobs[:STARTS])  # compiles
    random, seconds = _timed(lambda: train_jobs(trainer, data, jobs))
    found = [
        Found(ONE_LAYER, space.hand_made.one_layer()),
        *_searched(config, data, trainer),
    ]
    retrained = train_routes(trainer, data, [f.route for f in found], starts)
    tasks = data.schema.tasks
    picked = {f.search: f.picked for f in found if f.picked is not None}
    reference = {**_quality(tasks, random), "picked": picked["random"]}
    cost = seconds / len(jobs)
    return [
        {"split": split, **_row(each, _quality(tasks, o), reference, cost)}
        for each, o in zip(found, retrained, strict=True)
    ]


@dataclasses.dataclass(frozen=True)
class Found:
    """What a search found.

    Args:
        search: its name.
        route: `Route`.
        trainings: int, of networks by themselves. Defaults to `None`.
        seconds: wall clock. Defaults to `None`.
        picked: test score of its network. Defaults to `None`.
    """

    search: str
    route: Route
    trainings: int | None = None
    seconds: float | None = None
    picked: float | None = None


def _searched(
    config: ExperimentConfig, data: MultiTaskData, trainer: CandidateTrainer
) -> Iterator[Found]:
    for name in STRATEGIES:
        progress(f"searches: split {config.seed}, {name}")
        chosen = with_section(config, "search.candidates", strategy=name)
        result, seconds = _timed(
            functools.partial(search_candidates, chosen, data, trainer)
        )
        on_test = result.network.evaluate_by_task(data.test)
        picked = validation_score(data.schema.tasks, on_test)
        count = len(result.candidates)
        yield Found(name, result.route, count, seconds, picked)
    for name in SUPERNETS:
        progress(f"searches: split {config.seed}, supernet {name}")
        chosen = with_section(config, "search", method=name)
        route, seconds = _timed(functools.partial(found_route, chosen, data))
        yield Found(f"supernet, {name}", route, seconds=seconds)


def _row(
    found: Found,
    quality: Mapping[str, float],
    reference: Mapping[str, float],
    cost: float,
) -> dict[str, Any]:
    """A search, in differences and in trainings.

    Args:
        found: what it found.
        quality: of its route, trained again.
        reference: the same of random routes, and what `"random"` picked.
        cost: seconds of a training.
    """
    return {
        "search": found.search,
        "route": str(found.route),
        "trainings": found.trainings,
        "cost": None if found.seconds is None else found.seconds / cost,
        "picked": None
        if found.picked is None
        else found.picked - reference["picked"],
        **{key: value - reference[key] for key, value in quality.items()},
    }


def _quality(
    tasks: Sequence[TaskSpec], outcomes: Sequence[Outcome]
) -> dict[str, float]:
    """Means over trainings, on the test rows."""
    tests = [outcome.test for outcome in outcomes]
    return {
        "score": float(np.mean([validation_score(tasks, t) for t in tests])),
        "loss": float(np.mean([mtl_loss(tasks, t) for t in tests])),
    }


def _summarize(name: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """A search, over splits."""
    of_search = [row for row in rows if row["search"] == name]
    first = of_search[0]
    means = {
        key: estimate(row[key] for row in of_search)
        for key in ("score", "loss", "cost", "picked")
        if first[key] is not None
    }
    return {"search": name, "trainings": first["trainings"], **means}


def _timed(call: Callable[[], Result]) -> tuple[Result, float]:
    """What a call returns, and its seconds."""
    begin = time.perf_counter()
    result = call()
    return result, time.perf_counter() - begin
