"""Cosines between the gradients of tasks, by what they share."""

import dataclasses
from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from keras import ops

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.losses import loss_for
from mtnas_tf.models.task_losses import TaskLosses
from mtnas_tf.population.reset_optimizer import reset_optimizer
from mtnas_tf.progress import advance

SHARED = "shared_bottom"
NUM_STAGES = 3
MOST_STEPS = 200  # of training between the first and the last stage
NUM_BATCHES = 8  # at each stage
EFFORT = 0.5  # of a deal, in trainings of whole populations


def gradient_cosines(
    config: ExperimentConfig, data: Sequence[MultiTaskData]
) -> np.ndarray:
    """Mean cosines of the tasks' gradients in a network that all share.

    By the weights of the sharing body, over training batches, at the start of a
    training and twice on its way through at most 200 steps of the first epoch.
    Early, because where the sum of two losses is at its minimum their gradients
    are opposite whatever the tasks are.

    Args:
        config: `ExperimentConfig`.
        data: deals of the same rows, each with a start of its own.

    Returns:
        `(deals, tasks, tasks)`.
    """
    schema = data[0].schema
    model = building.build_model(SHARED, config, schema)
    model.compile(
        building.new_optimizer(config),
        jit_compile=False,
        loss_weights=building.loss_weights(config, schema),
    )
    measure = _measure_of(model)
    found = []
    for index, deal in enumerate(data):
        seeded = dataclasses.replace(config, seed=config.seed + index)
        _start_anew(model, building.build_model(SHARED, seeded, deal.schema))
        found.append(_of_training(model, measure, deal))
        advance(EFFORT)
    return np.array(found)


def _start_anew(model: Any, fresh: Any) -> None:
    """Gives a model, which need not be compiled again, fresh weights."""
    for variable, start in zip(model.variables, fresh.variables, strict=True):
        variable.assign(start.value)
    reset_optimizer(model.optimizer)


def _of_training(
    model: Any, measure: Callable[..., Any], data: MultiTaskData
) -> np.ndarray:
    """The mean over stages and batches."""
    steps = min(data.steps_per_epoch, MOST_STEPS) // (NUM_STAGES - 1)
    found: list[np.ndarray] = []
    for stage in range(NUM_STAGES):
        data.seek(stage)
        for inputs, labels in data.train.take(NUM_BATCHES):
            found.append(measure(inputs, labels).numpy())
        if steps and stage < NUM_STAGES - 1:
            model.fit(data.train.take(steps), shuffle=False, verbose=0)
            model.settle()
    mean: np.ndarray = np.nanmean(found, axis=0)
    return mean


def _measure_of(model: Any) -> Callable[..., Any]:
    """From a batch to the cosines of its gradients, as a compiled function."""
    variables = model.body.trainable_variables
    losses = TaskLosses(
        {task.name: loss_for(task) for task in model.schema.tasks}, None
    )

    @tf.function
    def measure(inputs: Any, labels: Any) -> Any:
        with tf.GradientTape(persistent=True) as tape:
            each = losses(labels, model(inputs), None)
        rows = [
            ops.concatenate([ops.reshape(g, (-1,)) for g in of_task])
            for of_task in (tape.gradient(loss, variables) for loss in each)
        ]
        return cosines(ops.stack(rows))

    return measure


def cosines(rows: Any) -> Any:
    """Cosines between all pairs of rows; NaN where one is 0.

    Args:
        rows: `(tasks, weights)`.

    Returns:
        `(tasks, tasks)`.
    """
    norms = ops.sqrt(ops.sum(rows * rows, axis=1, keepdims=True))
    units = rows / norms
    return units @ ops.transpose(units)
