"""Lower bounds of a step's time, from what this machine was seen to do.

    arithmetic = flops / fastest matrix product
    memory     = streamed bytes / bandwidth + table rows / their rate

Each rate is the best that any library reached in any round of
`benchmarks.cost.limits_subject`. A pass over B bytes is charged at the
bandwidth of a copy of at most B bytes, so at that of a cache where it fits in
one.
"""

import bisect
import dataclasses
from collections import defaultdict
from collections.abc import Mapping

from benchmarks.cost.counts import StepCounts
from benchmarks.harness.measurement import Measurement

NANOSECONDS = 1e6  # of a millisecond

Rates = Mapping[int, float]  # size -> units per nanosecond


@dataclasses.dataclass(frozen=True, kw_only=True)
class Roofline:
    """The best rates of a machine.

    Args:
        flops: float. Multiplications and additions per nanosecond.
        copy_rates: bytes of a copy -> bytes read and written per nanosecond.
        gather_rates: rows of a table -> random rows read per nanosecond.
        scatter_rates: rows of a table -> random rows written per nanosecond.
    """

    flops: float
    copy_rates: Rates
    gather_rates: Rates
    scatter_rates: Rates

    @classmethod
    def from_measurement(cls, measurement: Measurement) -> "Roofline":
        """The best of all rounds of `benchmarks.cost.limits_subject`."""
        best: dict[str, dict[str, float]] = defaultdict(dict)
        for figures in measurement.rounds:
            for name, rate in figures.items():
                _, kind, size = name.split()
                best[kind][size] = max(rate, best[kind].get(size, 0.0))
        return cls(
            flops=max(best["matmul"].values()),
            copy_rates=_by_size(best["copy"]),
            gather_rates=_by_size(best["gather"]),
            scatter_rates=_by_size(best["scatter"]),
        )

    def arithmetic_ms(self, counts: StepCounts) -> float:
        """Time of the matrix products, were they all as fast as the fastest."""
        return counts.flops / self.flops / NANOSECONDS

    def stream_ms(self, counts: StepCounts) -> float:
        """Time to read and write weights, their moments and activations."""
        nanoseconds = sum(
            num_bytes / _rate_within(self.copy_rates, num_bytes)
            for num_bytes in counts.streams
        )
        return nanoseconds / NANOSECONDS

    def table_ms(self, counts: StepCounts, vocabulary: int) -> float:
        """Time to read and write rows of the table and of its moments."""
        nanoseconds = (
            counts.gathered_rows / self.gather_rates[vocabulary]
            + counts.scattered_rows / self.scatter_rates[vocabulary]
        )
        return nanoseconds / NANOSECONDS


def _by_size(rates: Mapping[str, float]) -> Rates:
    return {int(size): rates[size] for size in sorted(rates, key=int)}


def _rate_within(rates: Rates, size: int) -> float:
    """The rate of the largest size that is no larger, or of the smallest."""
    sizes = list(rates)
    return rates[sizes[max(0, bisect.bisect_right(sizes, size) - 1)]]
