"""Loads data, builds and trains models as a config says."""

import dataclasses
import time
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras

from mtnas_tf import derive
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.search_config import BY_PRECISION
from mtnas_tf.config.search_config import SCORE_WEIGHTS
from mtnas_tf.config.task_weights import weights_by_task
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import RowSplit
from mtnas_tf.data import from_file
from mtnas_tf.data import load
from mtnas_tf.data.catalog import IMAGES
from mtnas_tf.experiment import building
from mtnas_tf.experiment.best_epoch import BestEpoch
from mtnas_tf.experiment.derived_validation import DerivedValidation
from mtnas_tf.experiment.derived_validation import inherited_network
from mtnas_tf.experiment.effort import OF_NETWORK
from mtnas_tf.experiment.effort import OF_SUPERNET
from mtnas_tf.experiment.epoch_order import EpochOrder
from mtnas_tf.experiment.throughput import Throughput
from mtnas_tf.models import FiniteGuard
from mtnas_tf.models import FitProgress
from mtnas_tf.progress import reported_progress
from mtnas_tf.search import PolicyMonitor
from mtnas_tf.search import SearchModel
from mtnas_tf.search import precision_weights
from mtnas_tf.types import TaskMetrics


@dataclasses.dataclass(frozen=True)
class Training:
    """A trained model, and the time of its training.

    `seconds` is wall clock, compilation and validation included;
    `step_seconds` is the mean of a step without them.
    """

    model: Any
    epochs: int
    seconds: float
    step_seconds: float
    valid: TaskMetrics


def load_data(config: ExperimentConfig) -> MultiTaskData:
    """The config's data."""
    data = _load(config)
    building.check_weighted_tasks(config, data.schema)
    weights = config.search.score_weights
    if not weights:  # those of a table's schema stay
        return data
    if weights == BY_PRECISION:
        return data.with_score_weights(precision_weights(data))
    return data.with_score_weights(weights_by_task(SCORE_WEIGHTS, weights))


def _load(config: ExperimentConfig) -> MultiTaskData:
    if config.table.path is not None:
        return _load_table(config)
    if config.data.name.partition("/")[0] in IMAGES:
        raise ValueError(
            "`data.name` must name a data set of rows: images are for "
            "`mtnas compare` and `mt.data.load`. "
            f"Received: data.name={config.data.name!r}"
        )
    return load(**dataclasses.asdict(config.data), seed=config.seed)


def _load_table(config: ExperimentConfig) -> MultiTaskData:
    table, data = config.table, config.data
    if data.holdout or data.reads_holdout:
        raise ValueError(
            "`data.holdout` must be 0 for a table: keep rows in another file. "
            f"Received: {data.holdout}"
        )
    _check_ignored(config)
    schema = None
    if table.schema is not None:
        schema = DatasetSchema.load(table.schema)
    return from_file(
        str(table.path),
        tasks=table.tasks,
        schema=schema,
        exclude=table.exclude,
        split=RowSplit(
            kind=table.split,
            column=table.split_column,
            fractions=table.fractions,
            seed=data.split_seed,
        ),
        num_buckets=data.num_buckets,
        min_count=data.min_count,
        batch_size=data.batch_size,
        reward_batch_size=data.reward_batch_size,
        seed=config.seed,
    )


def _check_ignored(config: ExperimentConfig) -> None:
    """Refuses settings that apply to data sets alone."""
    data = config.data
    if data.storage not in ("auto", "memory"):
        raise ValueError(
            "`data.storage` must be 'auto' or 'memory' for a table, whose "
            f"encoded rows are kept in memory. Received: {data.storage!r}"
        )


def train(
    model: Any,
    config: ExperimentConfig,
    data: MultiTaskData,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    verbose: Any = "auto",
    is_ready: bool = False,
) -> Training:
    """Trains weights; keeps those of the best epoch by validation loss.

    Args:
        model: `MultiTaskModel`.
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        callbacks: further callbacks. Defaults to none.
        verbose: see `FitProgress`. Defaults to `"auto"`.
        is_ready: bool. Whether the model is compiled as the config says, and
            its optimizer as new. Defaults to `False`: it is compiled.
    """
    optim = config.optim
    if not is_ready:
        model.compile(
            optimizer=building.new_optimizer(config),
            jit_compile=optim.jit_compile,
            loss_weights=building.loss_weights(config, data.schema),
            balancing=optim.balancing,
        )
    return _fit(
        model,
        data,
        data.train,
        optim.epochs,
        [BestEpoch(optim.patience), *callbacks],
        verbose,
        OF_NETWORK,
    )


def search(
    config: ExperimentConfig,
    data: MultiTaskData,
    callbacks: Sequence[keras.callbacks.Callback] = (),
    monitor_path: Path | None = None,
    verbose: Any = "auto",
    best_path: Path | None = None,
) -> Training:
    """Searches a route. The model of the result is a `SearchModel`.

    With a patience in the config it has the weights of the best epoch, by the
    validation loss of the most probable route's network.

    Args:
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        callbacks: further callbacks. Defaults to none.
        monitor_path: see `PolicyMonitor`. Defaults to `None`.
        verbose: see `FitProgress`. Defaults to `"auto"`.
        best_path: see `BestEpoch`. Defaults to `None`.
    """
    supernet = config.search.supernet
    name = building.supernet_of(config)
    model = SearchModel(
        building.build_model(name, config, data.schema, seed=config.seed)
    )
    learning_epochs = supernet.epochs - supernet.warmup_epochs
    model.compile(
        optimizer=building.new_optimizer(config),
        estimator=building.new_estimator(
            config,
            learning_epochs * data.steps_per_epoch,
            len(model.supernet.space.blocks),
        ),
        reward=supernet.reward,
        warmup_steps=supernet.warmup_epochs * data.steps_per_epoch,
        jit_compile=config.optim.jit_compile,
        loss_weights=building.loss_weights(config, data.schema),
    )
    own: list[keras.callbacks.Callback] = [PolicyMonitor(monitor_path)]
    validation = DerivedValidation(data)
    is_derived = config.base.normalization == "batch"
    if is_derived:
        own.append(validation)
    if supernet.patience is not None:
        own.append(BestEpoch(supernet.patience, best_path))
    training = _fit(
        model,
        data,
        data.search,
        supernet.epochs,
        [*own, *callbacks],
        verbose,
        OF_SUPERNET,
    )
    if not is_derived:
        return training
    return dataclasses.replace(training, valid=validation.metrics(model))


def derive_model(
    model: SearchModel,
    config: ExperimentConfig,
    data: MultiTaskData,
    weights: str,
    verbose: Any = "auto",
) -> Training:
    """The network of the searched route.

    Args:
        model: a finished search.
        config: `ExperimentConfig`.
        data: `MultiTaskData`.
        weights: `"inherit"`, `"finetune"` or `"retrain"`, see `SearchConfig`.
        verbose: see `FitProgress`. Defaults to `"auto"`.
    """
    if weights not in ("inherit", "finetune", "retrain"):
        raise ValueError(
            "`weights` must be 'inherit', 'finetune' or 'retrain'. "
            f"Received: weights={weights!r}"
        )
    if weights == "retrain":
        route = derive.derive_route(model)
        fresh = building.new_route_model(route, config, data.schema)
        return train(fresh, config, data, verbose=verbose)
    start = time.perf_counter()
    derived = inherited_network(model, data)
    if weights == "finetune":
        return train(derived, config, data, verbose=verbose)
    seconds = time.perf_counter() - start
    valid = derived.evaluate_by_task(data.valid)
    return Training(derived, 0, seconds, 0.0, valid)


def _fit(
    model: Any,
    data: MultiTaskData,
    dataset: Any,
    epochs: int,
    callbacks: list[keras.callbacks.Callback],
    verbose: Any,
    work: float,
) -> Training:
    throughput = Throughput()
    start = time.perf_counter()
    with reported_progress(work, verbose) as report:
        history = model.fit(
            dataset,
            validation_data=data.valid,
            epochs=epochs,
            callbacks=[
                FiniteGuard(),
                EpochOrder(data),
                throughput,
                *callbacks,
                FitProgress(verbose, work),
            ],
            shuffle=False,  # the data shuffle themselves
            verbose=0,
        )
        _report_kept(callbacks, len(history.epoch), report)
    seconds = time.perf_counter() - start
    valid = model.evaluate_by_task(data.valid)
    num_epochs = len(history.epoch)
    return Training(model, num_epochs, seconds, throughput.step_seconds, valid)


def _report_kept(
    callbacks: Sequence[keras.callbacks.Callback],
    num_epochs: int,
    report: Callable[[str], None],
) -> None:
    """Tells which epoch's weights a training keeps, if not the last one's."""
    for callback in callbacks:
        if isinstance(callback, BestEpoch):
            kept = callback.best_epoch + 1
            if kept < num_epochs:
                report(f"the weights of epoch {kept} are kept")
