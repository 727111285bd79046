"""Estimates the time of trainings on this machine from a few steps."""

import dataclasses
import time

from mtnas_tf.data import MultiTaskData
from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.population import CandidateTrainer

MEASURED_STEPS = 16


@dataclasses.dataclass(frozen=True)
class Pace:
    """Seconds of a compilation and of a training.

    Args:
        compilation: until a population can train and evaluate.
        training: of all places of a population, for all its epochs.
    """

    compilation: float
    training: float


def measure_pace(trainer: CandidateTrainer, data: MultiTaskData) -> Pace:
    """Compiles a trainer's steps and measures some of them.

    The trainer's weights change, but every training starts from fresh ones.

    Args:
        trainer: `CandidateTrainer`.
        data: `MultiTaskData` that it will train on.
    """
    population = trainer.population
    compilation = compile_trainer(trainer, data)
    initialization = _initialize(trainer)
    num_steps = min(MEASURED_STEPS, data.steps_per_epoch)
    start = time.perf_counter()
    _fit(trainer, data, num_steps)
    steps = (time.perf_counter() - start) / num_steps * data.steps_per_epoch
    num_batches = -(-len(data.splits["valid"]) // EVALUATION_BATCH_SIZE)
    measured = min(MEASURED_STEPS, num_batches)
    start = time.perf_counter()
    population.evaluate_each(data.valid, steps=measured)
    evaluation = (time.perf_counter() - start) / measured * num_batches
    training = initialization + trainer.epochs * (steps + evaluation)
    return Pace(compilation, training)


def compile_trainer(trainer: CandidateTrainer, data: MultiTaskData) -> float:
    """Seconds until a trainer is ready to train and evaluate.

    Args:
        trainer: `CandidateTrainer`.
        data: `MultiTaskData` that it will train on.
    """
    start = time.perf_counter()
    _initialize(trainer)
    _fit(trainer, data, 1)
    trainer.population.evaluate_each(data.valid, steps=1)
    return time.perf_counter() - start


def _initialize(trainer: CandidateTrainer) -> float:
    population = trainer.population
    start = time.perf_counter()
    route, count = population.space.full_route(), population.num_candidates
    population.initialize([route] * count, range(count))
    return time.perf_counter() - start


def _fit(
    trainer: CandidateTrainer, data: MultiTaskData, num_steps: int
) -> None:
    batches = data.train.take(num_steps)
    trainer.population.fit(batches, shuffle=False, verbose=0)
