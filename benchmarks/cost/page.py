"""The page of the cost model, in Markdown, all numbers from results."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np

from benchmarks.cost.counts import num_search_gate_weights
from benchmarks.cost.counts import num_supernet_weights
from benchmarks.cost.point import CostPoint

Row = Mapping[str, Any]

STEPS = ("training", "search")
FACTORS = {
    "num_fields": "fields",
    "batch_size": "rows of a batch",
    "vocabulary": "rows of the table",
    "num_subnetworks": "sub-networks a layer",
    "num_layers": "layers",
    "num_tasks": "tasks",
    "num_routes": "routes a step",
}
LIBRARIES = {
    "numpy": "NumPy",
    "threads": "NumPy, a thread per core",
    "xla": "XLA",
}
# Kind of limit -> its name, and how many of its units a rate of 1 per
# nanosecond is.
KINDS = {
    "copy": ("copy, GB/s", 1),
    "matmul": ("matrix product, Gflop/s", 1),
    "gather": ("rows read, M/s", 1000),
    "scatter": ("rows written, M/s", 1000),
    "random-gather": ("uniformly random rows read, M/s", 1000),
    "random-scatter": ("uniformly random rows written, M/s", 1000),
}
FIGURES = {step: f"cost_{step}.svg" for step in STEPS}
METHOD = """\
`training` is a step of `MMoE` (of `MLMMoE` where it has several layers),
`search` one of `SearchModel` over `MTNAS`: drawn routes are scored on a reward
batch, then the weights train on one of them. Both run by `fit` with all
defaults, on random ids that follow Zipf's law. One size changes at a time; the
others stay at

{centres}

The bounds are what a step has to do, at the best rates that this machine
reached in the same run. *Arithmetic* is all matrix products, forward and
backward, at the rate of the fastest. *Memory* is every operand and result of
those products moved once and the optimizer's pass over all dense weights, at
the bandwidth of a copy of that size, and the rows of the table and of its
moments at the rate of random rows. Normalization, activations and the reward's
sort count for nothing. The *smallest model* has one of everything and batches
of two rows: what a step costs whatever its size."""


def page(section: Mapping[str, Any]) -> str:
    """The whole page.

    Args:
        section: what `benchmarks.cost.section` returned, and how it came about.
    """
    steps = _Steps(section)
    centres = section["cost_centre"]
    parts = [
        "# What a step costs",
        _origin(section),
        METHOD.format(
            centres="\n".join(_centre_line(s, centres[s]) for s in STEPS)
        ),
        "## Findings",
        "\n".join(f"- {sentence}" for sentence in _findings(steps)),
        "## Times and bounds",
        *(f"![Time of a {s} step](figures/{FIGURES[s]})" for s in STEPS),
        _table(_step_lines(steps)),
        "Milliseconds, median (min-max over the rounds). *Largest*: of both "
        "bounds and the smallest model's time. All points are in "
        "[benchmarks.md](benchmarks.md).",
        "## Limits of the machine",
        _table(_limit_lines(section["cost_limits"])),
        "Medians over the rounds; the bounds take the best.",
    ]
    return "\n\n".join(parts) + "\n"


def short(number: int) -> str:
    """A round number as few characters."""
    for size, suffix in ((10**6, "M"), (10**3, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{suffix}"
    return str(number)


class _Steps:
    """Finds rows by the factor that changes."""

    def __init__(self, section: Mapping[str, Any]) -> None:
        self.section = section

    def point(self, step: str, **changed: Any) -> CostPoint:
        """The sizes of the centre, some changed."""
        return CostPoint(**{**self.section["cost_centre"][step], **changed})

    def centre(self, step: str) -> Row:
        size = self.point(step).batch_size
        rows = self.of_factor(step, "batch_size")
        return next(row for row in rows if row["value"] == size)

    def of_factor(self, step: str, factor: str) -> list[Row]:
        """By ascending value."""
        found = [
            row
            for row in self.section["rows"]
            if (row["step"], row["factor"]) == (step, factor)
        ]
        return sorted(found, key=lambda row: row["value"])

    def factors(self, step: str) -> list[str]:
        rows = self.section["rows"]
        return list(
            dict.fromkeys(row["factor"] for row in rows if row["step"] == step)
        )

    def distinct(self, step: str) -> list[Row]:
        """Every point once: the centre belongs to all factors."""
        centre = self.section["cost_centre"][step]
        return [self.centre(step)] + [
            row
            for row in self.section["rows"]
            if row["step"] == step and row["value"] != centre[row["factor"]]
        ]

    def fixed_ms(self, step: str) -> float:
        return float(self.section["cost_fixed_ms"][step]["median"])

    def limit(self, name: str) -> float:
        return float(self.section["cost_limits"][name]["median"])

    def growth(self, step: str, factor: str) -> float:
        """Time at the largest value over that at the smallest."""
        rows = self.of_factor(step, factor)
        return _ms(rows[-1]) / _ms(rows[0])


def _ms(row: Row) -> float:
    return float(row["step_ms"]["median"])


def _origin(section: Mapping[str, Any]) -> str:
    machine = section["machine"]
    versions = ", ".join(f"{n} {v}" for n, v in machine["versions"].items())
    return (
        f"Measured on {section['date'][:10]} by `{section['command']}` "
        f"({section['rounds']} rounds, {section['seconds'] / 60:.1f} minutes) "
        f"on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['ram_gb']:.0f} GB, {machine['system']}; Python "
        f"{machine['python']}, {versions}. Written by "
        "`python -m benchmarks.cost.section.plots`."
    )


def _centre_line(step: str, sizes: Mapping[str, int]) -> str:
    sizes = {FACTORS.get(name, name): size for name, size in sizes.items()}
    if step == "training":
        del sizes[FACTORS["num_routes"]], sizes["reward_batch_size"]
    values = ", ".join(
        f"{name.replace('_', ' ')} {size}" for name, size in sizes.items()
    )
    return f"- {step}: {values}."


def _findings(steps: _Steps) -> Iterator[str]:
    yield _about_centre(steps)
    yield from (_about_bounds(steps, step) for step in STEPS)
    yield _about_largest(steps)
    yield _about_products(steps)
    yield _about_vocabulary(steps)
    yield from (_about_batch(steps, step) for step in STEPS)
    yield _about_routes(steps)
    yield _about_gates(steps)
    yield _about_others(steps)


def _about_centre(steps: _Steps) -> str:
    training, search = (_ms(steps.centre(step)) for step in STEPS)
    smallest, smallest_search = (steps.fixed_ms(step) for step in STEPS)
    return (
        f"At the centre a training step takes {training:.2f} ms and a search "
        f"step {search:.2f} ms; with the smallest model, {smallest:.2f} and "
        f"{smallest_search:.2f} ms."
    )


def _about_bounds(steps: _Steps, step: str) -> str:
    row = steps.centre(step)
    bounds = row["arithmetic_ms"] + row["memory_ms"]
    share = (bounds + steps.fixed_ms(step)) / _ms(row)
    return (
        f"The centre's {step} step has {row['gflop']:.2f} Gflop to compute, "
        f"{row['arithmetic_ms']:.2f} ms at the best rate, and "
        f"{row['memory_ms']:.2f} ms to move. With the smallest model's time "
        f"added, that is {share:.0%} of what is measured; what is left are "
        "products below the best rate and all that the bounds leave out."
    )


def _about_largest(steps: _Steps) -> str:
    sentences = []
    for step in STEPS:
        rows = steps.distinct(step)
        by_memory = sum(r["memory_ms"] > r["arithmetic_ms"] for r in rows)
        by_fixed = sum(r["largest"] == "fixed" for r in rows)
        sentences.append(
            f"Of {len(rows)} {step} points, {by_memory} have a higher bound by "
            f"memory than by arithmetic; at {by_fixed} the smallest model's "
            "step takes longer than both bounds."
        )
    return " ".join(sentences)


def _about_products(steps: _Steps) -> str:
    shapes = [
        n.split()[2] for n in steps.section["cost_limits"] if "xla m" in n
    ]
    rates = "; ".join(
        f"{shape}: {steps.limit(f'xla matmul {shape}'):.0f} and "
        f"{steps.limit(f'numpy matmul {shape}'):.0f}"
        for shape in shapes
    )
    return (
        "Gflop/s that XLA and NumPy reach in products of one shape, the "
        f"centre's two layers last: {rates}."
    )


def _about_vocabulary(steps: _Steps) -> str:
    smallest, *_, largest = steps.of_factor("training", "vocabulary")
    return (
        f"A table of {short(largest['value'])} rows in place of "
        f"{short(smallest['value'])} multiplies a training step by "
        f"{steps.growth('training', 'vocabulary'):.2f} and a search step by "
        f"{steps.growth('search', 'vocabulary'):.2f}: a step visits its "
        "batch's rows, not the table."
    )


def _about_batch(steps: _Steps, step: str) -> str:
    smallest, *_, largest = steps.of_factor(step, "batch_size")
    each = [1e3 * _ms(row) / row["value"] for row in (smallest, largest)]
    times = largest["value"] / smallest["value"]
    return (
        f"{times:.0f} times the batch multiplies a {step} step by "
        f"{steps.growth(step, 'batch_size'):.1f}: a row costs {each[0]:.2f} "
        f"µs in batches of {smallest['value']} and {each[1]:.2f} µs in batches "
        f"of {largest['value']}."
    )


def _about_routes(steps: _Steps) -> str:
    rows = steps.of_factor("search", "num_routes")
    routes = [row["value"] for row in rows]
    slope, offset = np.polyfit(routes, [_ms(row) for row in rows], 1)
    bound = [row["arithmetic_ms"] + row["memory_ms"] for row in rows]
    bound_slope, _ = np.polyfit(routes, bound, 1)
    return (
        f"A search step takes about {offset:.2f} ms plus {slope:.2f} ms for "
        f"each route that it scores (least squares, {routes[0]} to "
        f"{routes[-1]} routes); of a route's time, both bounds together are "
        f"{bound_slope:.2f} ms."
    )


def _about_gates(steps: _Steps) -> str:
    parts = []
    growth = steps.growth("training", "num_subnetworks")
    for row in steps.of_factor("search", "num_subnetworks"):
        point = steps.point("search", num_subnetworks=row["value"])
        weights = num_supernet_weights(point)
        share = num_search_gate_weights(point) / weights
        parts.append(
            f"{row['value']} sub-networks: {weights / 1e6:.2f} M dense weights,"
            f" {share:.0%} of them in gates, {_ms(row):.2f} ms"
        )
    return (
        "A block has a gate for every subset of sub-networks and every query, "
        f"so a search grows with their number ({'; '.join(parts)}). From the "
        f"first to the last a training step is multiplied by {growth:.1f}."
    )


def _about_others(steps: _Steps) -> str:
    parts = []
    for factor in ("num_layers", "num_tasks", "num_fields"):
        first, *_, last = steps.of_factor("training", factor)
        growths = (steps.growth(step, factor) for step in STEPS)
        parts.append(
            f"{first['value']} to {last['value']} {FACTORS[factor]}: "
            + " and ".join(f"{growth:.1f}" for growth in growths)
        )
    return (
        "What training and search steps are multiplied by, from "
        f"{'; from '.join(parts)}."
    )


def _step_lines(steps: _Steps) -> Iterator[Sequence[str]]:
    """The centres, and each factor's largest value."""
    yield ("step", "point", "measured", "arithmetic", "memory", "largest")
    for step in STEPS:
        yield _step_line(step, "centre", steps.centre(step))
        for factor in steps.factors(step):
            row = steps.of_factor(step, factor)[-1]
            value = f"{FACTORS[factor]}: {short(row['value'])}"
            yield _step_line(step, value, row)


def _step_line(step: str, point: str, row: Row) -> Sequence[str]:
    low, high = row["step_ms"]["spread"]
    return (
        step,
        point,
        f"{_ms(row):.2f} ({low:.2f}-{high:.2f})",
        f"{row['arithmetic_ms']:.2f}",
        f"{row['memory_ms']:.2f}",
        row["largest"],
    )


def _limit_lines(limits: Mapping[str, Row]) -> Iterator[Sequence[str]]:
    """A line for each kind and size, a column for each library."""
    yield ("limit", "size", *LIBRARIES.values())
    names = dict.fromkeys(tuple(name.split()[1:]) for name in limits)
    for kind, size in names:
        label, per_nanosecond = KINDS[kind]
        rates = (limits.get(f"{lib} {kind} {size}") for lib in LIBRARIES)
        yield (
            label,
            _size(kind, size),
            *(
                f"{per_nanosecond * r['median']:.0f}" if r else ""
                for r in rates
            ),
        )


def _size(kind: str, size: str) -> str:
    if kind == "copy":
        return f"{int(size) / 2**20:g} MB"
    return size if kind == "matmul" else short(int(size))


def _table(lines: Iterator[Sequence[str]]) -> str:
    header = next(lines)
    return "\n".join(
        f"| {' | '.join(line)} |"
        for line in (header, ["---"] * len(header), *lines)
    )
