"""Times the steps of a Keras model's `fit`, a round at a time."""

from collections.abc import Callable
from typing import Any

import keras

from benchmarks.harness.step_clock import StepClock


def fit_rounds(
    model: Any, batches: Any, clock: StepClock
) -> Callable[[], dict[str, float]]:
    """A function that measures a round, warm.

    Args:
        model: compiled model.
        batches: `tf.data.Dataset` it trains on.
        clock: what times its steps.
    """
    on_step = keras.callbacks.LambdaCallback(on_train_batch_end=clock.tick)

    def train(steps: int) -> None:
        model.fit(
            batches, steps_per_epoch=steps, verbose=0, callbacks=[on_step]
        )

    clock.warm_up(train)
    return lambda: clock.measure_round(train)
