"""Times training steps from inside any library's training loop."""

import time
from collections.abc import Callable

MIN_STEPS = 3


class StepClock:
    """Counts and times steps; a round takes about a given time.

    What a call of a training loop does until its first step has ended (that
    starts the input pipeline) and after its last step is no part of a step's
    time; it is reported as `outside_ms`.

    Args:
        batch_size: int. Examples of a step.
        max_steps: int. Steps that the data in memory allow.
        round_seconds: float. About how long a round should take; it has at
            least 3 counted steps. Defaults to `0.7`.
    """

    def __init__(
        self, batch_size: int, max_steps: int, round_seconds: float = 0.7
    ) -> None:
        self.batch_size = batch_size
        self.max_steps = max_steps
        self.round_seconds = round_seconds
        self._step_seconds: float | None = None
        self._ticks: list[float] = []

    def tick(self, *_: object, **__: object) -> None:
        """To be called at the end of every step, with any arguments."""
        self._ticks.append(time.perf_counter())

    def warm_up(self, train: Callable[[int], object]) -> None:
        """Rounds that do not count: compilation, then, if fast, the pace."""
        self.measure_round(train)
        if self._next_steps() > MIN_STEPS + 1:
            self.measure_round(train)

    def measure_round(self, train: Callable[[int], object]) -> dict[str, float]:
        """Trains and returns the round's figures.

        Args:
            train: trains for a given number of steps and calls `tick` in each.
        """
        self._ticks.clear()
        start = time.perf_counter()
        train(self._next_steps())
        wall_seconds = time.perf_counter() - start
        steps = len(self._ticks) - 1
        seconds = self._ticks[-1] - self._ticks[0]
        self._step_seconds = seconds / steps
        return {
            "examples_per_second": self.batch_size / self._step_seconds,
            "step_ms": self._step_seconds * 1e3,
            "steps": steps,
            "outside_ms": (wall_seconds - seconds) * 1e3,
        }

    def _next_steps(self) -> int:
        """Steps of the next round, with the first, which is not counted."""
        if self._step_seconds is None:
            return MIN_STEPS + 1
        steps = max(MIN_STEPS, int(self.round_seconds / self._step_seconds))
        return min(steps + 1, self.max_steps)
