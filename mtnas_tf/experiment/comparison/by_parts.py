"""Trains a comparison in other processes, a part in each job.

What depends on rows of other parts waits for them: baselines for the size of
the searched networks, networks of equal cost for that of MMoE.
"""

import itertools
from collections.abc import Iterable
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from concurrent.futures import Executor
from pathlib import Path

from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data.stored_data import StoredData
from mtnas_tf.data.stored_data import stored
from mtnas_tf.experiment.comparison import part as parts
from mtnas_tf.experiment.comparison.baselines import named_baselines
from mtnas_tf.experiment.comparison.baselines import trainings_of_named
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison import variants_of
from mtnas_tf.experiment.comparison.comparison_rows import Row
from mtnas_tf.experiment.comparison.controls import supernet_space
from mtnas_tf.experiment.comparison.equal_cost import equal_costs
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RANDOM_SUPERNET
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.part import Part
from mtnas_tf.experiment.comparison.part import PartJob
from mtnas_tf.experiment.comparison.part import side_by_side
from mtnas_tf.experiment.comparison.part_worker import make_part
from mtnas_tf.experiment.comparison.searches import variants_of_search
from mtnas_tf.experiment.comparison.yardsticks import dense_target
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.jobs import finished_jobs

# Of the rows, in the order of one process.
STEPS = ("searches", "baselines", "equal", "others", "again", "seconds")


def train_by_parts(
    comparison: Comparison,
    executor: Executor,
    store_dir: str | Path | None = None,
) -> tuple[int, float]:
    """Trains all methods of a comparison.

    Args:
        comparison: `Comparison`. Its rows come in as they are made; in the end
            they are in the order of one process.
        executor: `concurrent.futures.Executor`.
        store_dir: see `mtnas_tf.data.stored_data.stored`. Defaults to `None`.

    Returns:
        The baselines' dense parameters, see `dense_target`, and the seconds of
        one training, see `seconds_of_baseline`.
    """
    is_searched = bool(comparison.config.search.compared)
    with stored(comparison.data, store_dir) as rows:
        making = _Making(comparison, executor, rows)
        making.make(searches=_searches(comparison))
        if CANDIDATES in comparison.config.search.compared:
            first, *_ = variants_of_search(comparison.config, CANDIDATES)
            comparison.num_trainings = comparison.made.trainings_of(first)
        target = dense_target(comparison)
        split = next(iter(comparison.data))
        making.make(
            baselines=_baselines(comparison, target),
            others=_other_routes(comparison) if is_searched else (),
            seconds=[Part(parts.SECONDS, split, ())],
        )
        if is_searched:
            making.make(
                equal=_of_equal_cost(comparison),
                again=_best_hand_made(comparison),
            )
        return target, making.seconds


class _Making:
    """Makes parts, and keeps their rows in order."""

    def __init__(
        self,
        comparison: Comparison,
        executor: Executor,
        rows: Mapping[int, StoredData],
    ) -> None:
        self.comparison = comparison
        self.executor = executor
        self.rows = rows
        self.seconds = 0.0
        self._num_known = len(comparison.made.rows)
        self._made: dict[tuple[int, int], list[Row]] = {}

    def make(self, **steps: Iterable[Part]) -> None:
        """Makes all parts of some steps.

        Args:
            **steps: parts by the names in `STEPS`.
        """
        places, jobs = [], []
        for step, of_step in steps.items():
            for number, part in enumerate(of_step):
                places.append((STEPS.index(step), number))
                jobs.append(self._job(part))
        made = self.comparison.made
        for index, result in finished_jobs(self.executor, make_part, jobs):
            if isinstance(result, float):
                self.seconds = result
                continue
            before = len(made.rows)
            for row in result:
                made.add(row)
            self._made[places[index]] = made.rows[before:]
        made.rows[self._num_known :] = [
            row for place in sorted(self._made) for row in self._made[place]
        ]

    def _job(self, part: Part) -> PartJob:
        comparison = self.comparison
        first = next(iter(self.rows.values()))
        return PartJob(
            part,
            comparison.config.to_json(),
            self.rows[part.split],
            first,
            comparison.num_trainings,
        )


def _searches(comparison: Comparison) -> Iterator[Part]:
    config, made = comparison.config, comparison.made
    for split in comparison.data:
        for name in config.search.compared:
            variants = variants_of_search(config, name)
            for seed in made.open_seeds(split, SEARCHED, *variants):
                label = f"search {name}"
                yield Part(parts.SEARCH, split, [seed], (name,), label)


def _baselines(comparison: Comparison, target: int) -> Iterator[Part]:
    methods = named_baselines(comparison)
    pairs = list(itertools.product(methods, comparison.data))
    if not comparison.config.search.compared:
        pairs.sort(key=lambda pair: list(comparison.data).index(pair[1]))
    for (name, recipe), split in pairs:
        count = trainings_of_named(comparison, recipe)
        variants = variants_of(recipe, count)
        seeds = comparison.made.open_seeds(split, name, *variants)
        args, label = (name, recipe, target), recipe or name
        for group in _groups(comparison, seeds, count):
            yield Part(parts.BASELINE, split, group, args, label)


def _other_routes(comparison: Comparison) -> Iterator[Part]:
    config, made = comparison.config, comparison.made
    tasks = comparison.schema.task_names
    names = route_space(config, tasks).hand_made_routes()
    count, again = comparison.num_trainings, comparison.num_retrainings
    has_supernet = supernet_space(config, tasks) is not None
    for split in comparison.data:
        seeds = {
            seed: None
            for name in names
            for seed in made.open_seeds(split, name, None)
        }
        if seeds:
            yield Part(parts.HAND_MADE, split, sorted(seeds))
        variants = variants_of(None, count)
        random = made.open_seeds(split, RANDOM, *variants)
        for group in _groups(comparison, random, count):
            yield Part(parts.RANDOM, split, group)
        of_supernet = made.open_seeds(split, RANDOM_SUPERNET, MEAN)
        for group in _groups(comparison, of_supernet, again):
            if has_supernet:
                yield Part(parts.RANDOM_SUPERNET, split, group)


def _of_equal_cost(comparison: Comparison) -> Iterator[Part]:
    for target in equal_costs(comparison):
        for split in comparison.data:
            variants = target.variants
            seeds = comparison.made.open_seeds(split, EQUAL_COST, *variants)
            for group in _groups(comparison, seeds, target.count):
                label = f"{parts.EQUAL_COST} {target.search}".strip()
                yield Part(parts.EQUAL_COST, split, group, (target,), label)


def _best_hand_made(comparison: Comparison) -> Iterator[Part]:
    name = Methods(comparison.made.rows).best_hand_made
    if name is None:
        return
    for split in comparison.data:
        for seed in comparison.made.open_seeds(split, name, MEAN):
            yield Part(parts.RETRAINED, split, [seed], (name,), name)


def _groups(
    comparison: Comparison, seeds: Sequence[int], count: int
) -> list[list[int]]:
    places = comparison.config.search.candidates.num_places
    return side_by_side(seeds, count, places) if seeds else []
