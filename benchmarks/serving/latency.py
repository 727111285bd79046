"""Times predictions of one process, batch size by batch size."""

import time
from collections.abc import Callable
from collections.abc import Sequence

import numpy as np

NUM_BATCHES = 8
MIN_CALLS = 5

Call = Callable[[], object]


def latency_rounds(
    bind: Callable[[slice], Call], batch_sizes: Sequence[int], seconds: float
) -> Callable[[], dict[str, float]]:
    """A function that measures a round, warm.

    Args:
        bind: function of the examples of a batch; what it returns predicts
            them.
        batch_sizes: examples of a prediction.
        seconds: time of a round for each batch size; it has at least 5
            predictions.

    Returns:
        Function without arguments. Its figures are the percentiles `p50_us_<n>`
        and `p99_us_<n>` of the calls for batch size n.
    """
    calls = {
        size: [
            bind(slice(start * size, (start + 1) * size))
            for start in range(NUM_BATCHES)
        ]
        for size in batch_sizes
    }
    for batches in calls.values():
        for call in batches:
            call()

    def measure() -> dict[str, float]:
        figures = {}
        for size, batches in calls.items():
            times = _times_us(batches, seconds)
            figures[f"p50_us_{size}"] = float(np.percentile(times, 50))
            figures[f"p99_us_{size}"] = float(np.percentile(times, 99))
        return figures

    return measure


def _times_us(calls: Sequence[Call], seconds: float) -> list[float]:
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < MIN_CALLS or time.perf_counter() < end:
        call = calls[len(times) % len(calls)]
        start = time.perf_counter_ns()
        call()
        times.append((time.perf_counter_ns() - start) / 1e3)
    return times
