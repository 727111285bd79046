"""The page of the cost model, in Markdown, all numbers from results."""

from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from benchmarks.cost.findings import findings
from benchmarks.cost.sizes import FACTORS
from benchmarks.cost.sizes import STEPS
from benchmarks.cost.sizes import short
from benchmarks.cost.step_rows import CostSteps
from benchmarks.cost.step_rows import step_ms

Row = Mapping[str, Any]

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
`training` is a step of `MMoE` (of `MLMMoE` if it has several layers). `search`
is a step of `SearchModel` over `MTNAS`: drawn routes are scored on a reward
batch, then one of them trains the weights. Both run by `fit` with all defaults,
on random ids that follow Zipf's law. One size changes at a time; the others
stay at

{centres}

The bounds are the work of a step at the best rates that this machine reached in
the same run. *Arithmetic* is all matrix products, forward and
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
    steps = CostSteps(section)
    centres = section["cost_centre"]
    parts = [
        "# What a step costs",
        _origin(section),
        METHOD.format(
            centres="\n".join(_centre_line(s, centres[s]) for s in STEPS)
        ),
        "## Findings",
        "\n".join(f"- {sentence}" for sentence in findings(steps)),
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


def _origin(section: Mapping[str, Any]) -> str:
    machine = section["machine"]
    versions = ", ".join(f"{n} {v}" for n, v in machine["versions"].items())
    return (
        f"Measured on {section['date'][:10]} by `{section['command']}` "
        f"({section['rounds']} rounds, {section['seconds'] / 60:.1f} minutes) "
        f"on {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['ram_gb']:.0f} GB, {machine['system']}; Python "
        f"{machine['python']}, {versions}. Written by "
        "`python -m benchmarks.cost.plots`."
    )


def _centre_line(step: str, sizes: Mapping[str, int]) -> str:
    sizes = {FACTORS.get(name, name): size for name, size in sizes.items()}
    if step == "training":
        del sizes[FACTORS["num_routes"]], sizes["reward_batch_size"]
    values = ", ".join(
        f"{name.replace('_', ' ')} {size}" for name, size in sizes.items()
    )
    return f"- {step}: {values}."


def _step_lines(steps: CostSteps) -> Iterator[Sequence[str]]:
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
        f"{step_ms(row):.2f} ({low:.2f}-{high:.2f})",
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
