"""Routes whose worth is given by a formula, and trainings that only say it.

A search of such routes takes no time, so that it can be repeated often.
"""

import math
import types
import zlib
from collections.abc import Iterator
from collections.abc import Sequence

import numpy as np

from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import Split
from mtnas_tf.data import TaskSpec
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

TASKS = tuple("abcde")
SPACE = RouteSpace(TASKS, 2, 4, dedup_singletons=True, value_scope="all_prev")
SCHEMA = DatasetSchema(
    name="planted_worth",
    fields=(FieldSpec(name="x", kind="vector"),),
    tasks=tuple(TaskSpec(name=task) for task in TASKS),
    num_buckets=1,
)
CAPACITY = 0.05
ROUGHNESS = 0.1
# Shares of the noise: rare labels make a task's scores noisy.
NOISES = np.array([1.0, 1.0, 1.0, 2.0, 4.0])
NOISES = NOISES / np.linalg.norm(NOISES)


class PlantedWorth:
    """The worth of routes where tasks of two groups help each other.

    To read what another task reads is worth as much as is drawn for the two, in
    proportion to what they have in common: something positive within a group
    and negative across groups. Every doubling of what a task depends on is
    worth a little, and a tenth of the whole is a route's own. The full route is
    worth 0, and the two groups apart are worth 1, but for that tenth.

    Args:
        seed: int >= 0. Of the groups and what tasks are worth to each other.

    Attributes:
        groups: the two groups.
    """

    def __init__(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.seed = seed
        order = [TASKS[i] for i in rng.permutation(len(TASKS))]
        self.groups = [order[:3], order[3:]]
        together = np.array(
            [[(a in order[:3]) == (b in order[:3]) for b in TASKS]
             for a in TASKS]
        )  # fmt: skip
        sizes = rng.uniform(0.5, 1.5, together.shape)
        self.gains = np.where(together, sizes, -sizes)
        np.fill_diagonal(self.gains, 0.0)
        best = SPACE.hand_made.grouped(self.groups, num_own=2)
        self.low, self.scale = np.zeros(len(TASKS)), 1.0
        low, high = (
            self._smooth(route) for route in (SPACE.full_route(), best)
        )
        self.low, self.scale = low, float((high - low).sum())

    def of_tasks(self, route: Route) -> np.ndarray:
        """The worth for each task: `(tasks,)`."""
        text = f"{self.seed} {sorted(str(route).splitlines())}"
        rng = np.random.default_rng(zlib.crc32(text.encode()))
        own = rng.normal(size=len(TASKS)) / np.sqrt(len(TASKS))
        return (self._smooth(route) - self.low) / self.scale + ROUGHNESS * own

    def of(self, route: Route) -> float:
        """The worth of a route."""
        return float(self.of_tasks(route).sum())

    def _smooth(self, route: Route) -> np.ndarray:
        reached = [set(route.reached(task)) for task in TASKS]
        common = np.array(
            [[len(a & b) / len(a) for b in reached] for a in reached]
        )
        capacity = CAPACITY * np.log2([len(names) for names in reached])
        return (self.gains * common).sum(axis=1) + capacity


class PlantedTrainer(CandidateTrainer):
    """Hands out worths with noise, as a training would; trains nothing.

    Args:
        worth: `PlantedWorth`.
        noise: float >= 0. Standard deviation of the score of a training.
        num_places: int > 0.
        epochs: int > 0. Defaults to `4`.
    """

    def __init__(
        self,
        worth: PlantedWorth,
        noise: float,
        num_places: int,
        epochs: int = 4,
    ) -> None:
        self.worth = worth
        self.noise = noise
        population = types.SimpleNamespace(
            schema=SCHEMA, space=SPACE, num_candidates=num_places
        )
        super().__init__(population, epochs)  # type: ignore[arg-type]

    def with_epochs(self, share: int) -> "PlantedTrainer":
        """Shorter trainings tell less: their noise has `share` the variance."""
        noise = self.noise * math.sqrt(share)
        places = self.population.num_candidates
        return PlantedTrainer(self.worth, noise, places, self.epochs // share)

    def train(
        self,
        data: MultiTaskData,
        routes: Sequence[Route],
        seeds: Sequence[int],
    ) -> Iterator[list[Candidate]]:
        yield [
            self._candidate(route, seed)
            for route, seed in zip(routes, seeds, strict=True)
        ]

    def network(self, place: int) -> None:  # type: ignore[override]
        """There is none."""

    def _candidate(self, route: Route, seed: int) -> Candidate:
        text = f"{self.worth.seed} {seed} {route}"
        rng = np.random.default_rng(zlib.crc32(text.encode()))
        luck = self.noise * NOISES * rng.normal(size=len(TASKS))
        scores = self.worth.of_tasks(route) + luck
        valid = {
            task: {"auc": float(score)}
            for task, score in zip(TASKS, scores, strict=True)
        }
        return Candidate(route, seed, 1, valid)


def no_rows() -> MultiTaskData:
    """Data of the schema, which nobody looks at."""
    labels = {task: np.zeros((1, 1), np.float32) for task in TASKS}
    split = Split({"values": np.zeros((1, 1), np.float32)}, labels)
    return MultiTaskData(SCHEMA, split, split, split, batch_size=1)
