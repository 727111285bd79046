"""Makes parts of a comparison, in the process of a worker."""

import dataclasses
import functools
from collections.abc import Callable

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import EncodedStore
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.stored_data import StoredData
from mtnas_tf.experiment.comparison import part as parts
from mtnas_tf.experiment.comparison.baselines import Baselines
from mtnas_tf.experiment.comparison.baselines import train_named
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.comparison_rows import ComparisonRows
from mtnas_tf.experiment.comparison.comparison_rows import Row
from mtnas_tf.experiment.comparison.controls import retrain_hand_made
from mtnas_tf.experiment.comparison.controls import train_hand_made
from mtnas_tf.experiment.comparison.controls import train_random
from mtnas_tf.experiment.comparison.controls import train_random_of_supernet
from mtnas_tf.experiment.comparison.equal_cost import EqualCost
from mtnas_tf.experiment.comparison.equal_cost import train_of_equal_cost
from mtnas_tf.experiment.comparison.part import PartJob
from mtnas_tf.experiment.comparison.searches import search_on_split
from mtnas_tf.experiment.comparison.yardsticks import seconds_of_baseline


@dataclasses.dataclass
class _Kept:
    """What was compiled for a comparison, and serves its later parts."""

    comparison: Comparison | None = None
    baselines: Baselines | None = None
    method: tuple[object, ...] = ()  # that they are of


def make_part(job: PartJob) -> list[Row] | float:
    """Makes a part.

    Args:
        job: `PartJob`.

    Returns:
        its rows; of `SECONDS` the seconds of one training of the baseline.
    """
    comparison, part = _comparison(job), job.part
    if part.kind == parts.SECONDS:
        return seconds_of_baseline(comparison)
    if part.kind == parts.BASELINE:
        _train_baseline(job, comparison, *part.args)
    else:
        _TRAIN[part.kind](comparison, part.split, *part.args)
    return comparison.made.rows


def _comparison(job: PartJob) -> Comparison:
    """The comparison that a worker keeps, on a part's split and seeds."""
    kept, data = _kept(job.config, job.first), _opened(job.data)
    config = ExperimentConfig.from_json(job.config)
    part = job.part

    def made(_: object) -> ComparisonRows:
        return ComparisonRows({part.split: part.seeds}, (), _say_nothing)

    if kept.comparison is None:
        kept.comparison = Comparison(config, 1, 1, lambda _: data, made)
        kept.comparison.schema = EncodedStore(job.first.path).schema
    comparison = kept.comparison
    comparison.data = {part.split: data}
    comparison.load = functools.partial(_in_batches_of, job.data)
    comparison.made = made(None)
    comparison.num_trainings = job.num_trainings
    return comparison


def _search(comparison: Comparison, split: int, name: str) -> None:
    search_on_split(comparison, name, split)


def _train_of_equal_cost(
    comparison: Comparison, split: int, target: EqualCost
) -> None:
    train_of_equal_cost(comparison, target)


def _train_baseline(
    job: PartJob,
    comparison: Comparison,
    name: str,
    recipe: str | None,
    dense_target: int,
) -> None:
    kept = _kept(job.config, job.first)
    method: tuple[object, ...] = (dense_target,)
    if comparison.config.search.compared:
        # All splits of a method come before the next method, whose tables
        # would not fit beside those of all before it.
        method = dense_target, name, recipe
    if kept.baselines is None or kept.method != method:
        kept.baselines = Baselines(comparison, dense_target)
        kept.method = method
    train_named(kept.baselines, name, recipe, job.part.split)


def _in_batches_of(
    stored: StoredData, config: ExperimentConfig
) -> MultiTaskData:
    """The rows of a split in the batches and the order of a config."""
    return dataclasses.replace(
        stored,
        batch_size=config.data.batch_size,
        reward_batch_size=config.data.reward_batch_size,
        seed=config.seed,
    ).open()


_TRAIN: dict[str, Callable[..., None]] = {
    parts.SEARCH: _search,
    parts.EQUAL_COST: _train_of_equal_cost,
    parts.HAND_MADE: train_hand_made,
    parts.RANDOM: train_random,
    parts.RANDOM_SUPERNET: train_random_of_supernet,
    parts.RETRAINED: retrain_hand_made,
}


@functools.lru_cache(maxsize=1)
def _kept(config: str, first: StoredData) -> _Kept:
    return _Kept()


@functools.lru_cache(maxsize=1)
def _opened(stored: StoredData) -> MultiTaskData:
    return stored.open()


def _say_nothing(line: str) -> None:
    """What a worker would say is said where its rows come in."""
