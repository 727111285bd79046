"""Training speed and memory of MMoE, ours and peers'.

Every subject trains a model of the same shape on the same ids and labels, see
`benchmarks.workload`; the docstring of a subject names its differences.
"""

import dataclasses
import statistics
import sys
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import comparison
from benchmarks.harness import environments
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings
from benchmarks.workload import Workload

SPEED = "examples_per_second"


@dataclasses.dataclass(frozen=True)
class Variant:
    """A library and how it is used.

    Args:
        library: string. Its name in results.
        module: a module of `benchmarks.peers`.
        variant: `"defaults"`, or `"tuned"` for its best sparse setting; ours
            is `"plain"` without the layer normalization of its defaults.
        environment: where it runs, `None` for this environment.
    """

    library: str
    module: str
    variant: str
    environment: str | None = None

    @property
    def name(self) -> str:
        return f"{self.library} {self.variant}"


OURS = Variant("mtnas_tf", "ours", "plain")
OUR_DEFAULTS = Variant("mtnas_tf", "ours", "defaults")
PEERS = tuple(
    Variant(library, module, variant, environment)
    for library, module, environment in (
        ("Keras", "plain_keras", None),
        ("DeepCTR", "deepctr", "deepctr"),
        ("DeepCTR-Torch", "deepctr_torch", "deepctr_torch"),
        ("torch-rechub", "torch_rechub", "torch_rechub"),
        ("FuxiCTR", "fuxictr", "fuxictr"),
    )
    for variant in ("defaults", "tuned")
)
ADAGRAD = "DeepCTR tuned"  # no library of its has a sparse Adam
DEFAULTS = {peer.name for peer in PEERS if peer.variant == "defaults"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the comparison. Ratios come from the first batch size.

    Args:
        vocabularies: label -> rows of all tables together, ascending.
        batch_sizes: examples of a step.
        num_examples: examples in memory.
        peers: what ours is compared with.
    """

    vocabularies: dict[str, int]
    batch_sizes: tuple[int, ...]
    num_examples: int
    peers: tuple[Variant, ...]

    @property
    def others(self) -> tuple[Variant, ...]:
        """All but ours of the peers' architecture."""
        return (OUR_DEFAULTS, *self.peers)

    def workload(self, label: str, batch_size: int) -> Workload:
        """The workload of a vocabulary."""
        return Workload(
            vocabulary=self.vocabularies[label],
            batch_size=batch_size,
            num_examples=self.num_examples,
        )


FULL = Plan(
    vocabularies={"10k": 10_000, "1M": 1_000_000, "4M": 4_000_000},
    batch_sizes=(512, 4096),
    num_examples=2**17,
    peers=PEERS,
)
SMOKE = Plan(
    vocabularies={"1k": 1_200, "2k": 2_400},
    batch_sizes=(64,),
    num_examples=2**10,
    peers=tuple(
        peer
        for peer in PEERS
        if peer.environment is None and peer.name in DEFAULTS
    ),
)


# Vocabulary and batch size -> ours, ours with its defaults, then the peers.
_Measured = dict[tuple[str, int], list[Measurement]]


def run(settings: Settings) -> dict[str, Any]:
    """Measures every vocabulary and batch size in turn.

    Returns:
        `train_vs_fastest_peer`: vocabulary -> `ratio` (median over the rounds),
        `spread` and `peer`, the fastest with defaults; above 1, ours is faster.
        `train_vs_fastest_tuned_peer`: the same against the fastest variant of
        any peer; `train_vs_fastest_tuned_adam`: of those that train the
        tables with Adam, not Adagrad. `step_<largest>_over_<smallest>`: how
        much longer a step of ours takes with the largest vocabulary.
        `versions`: of each library. `rows`: all figures.
    """
    plan = SMOKE if settings.is_smoke else FULL
    measured = _measure_all(plan, settings)
    smallest, *_, largest = plan.vocabularies
    growth = _growth(plan, (smallest, largest), settings)
    of_peers = [m for _, _, *peers in measured.values() for m in peers]
    return {
        "train_vs_fastest_peer": _against_fastest(
            plan, measured, lambda name: name in DEFAULTS
        ),
        "train_vs_fastest_tuned_peer": _against_fastest(
            plan, measured, lambda _: True
        ),
        "train_vs_fastest_tuned_adam": _against_fastest(
            plan, measured, lambda name: name != ADAGRAD
        ),
        f"step_{largest}_over_{smallest}": growth,
        "versions": {
            m.subject.rsplit(" ", 1)[0]: m.versions
            for m in of_peers
            if m.versions
        },
        "rows": [
            {"rows": label, "batch": batch_size, **_row(m, of_setting[0])}
            for (label, batch_size), of_setting in measured.items()
            for m in of_setting
        ],
    }


def _measure_all(plan: Plan, settings: Settings) -> _Measured:
    pythons = _pythons(plan.peers)
    measured: _Measured = {}
    for label in plan.vocabularies:
        for batch_size in plan.batch_sizes:
            processes.progress(
                f"training: {label} rows, batches of {batch_size}"
            )
            workload = plan.workload(label, batch_size)
            measured[label, batch_size] = _measure(
                plan, workload, pythons, settings
            )
    return measured


def _pythons(variants: Iterable[Variant]) -> dict[str, str | RuntimeError]:
    """Environment -> its interpreter, or why there is none."""
    pythons: dict[str, str | RuntimeError] = {}
    for name in dict.fromkeys(v.environment for v in variants):
        if name is None:
            continue
        try:
            pythons[name] = environments.python_of(name)
        except RuntimeError as error:
            pythons[name] = error
    return pythons


def _measure(
    plan: Plan,
    workload: Workload,
    pythons: dict[str, str | RuntimeError],
    settings: Settings,
) -> list[Measurement]:
    """A measurement of ours and of each peer, in their order."""
    found: dict[str, Measurement] = {}
    subjects = []
    for variant in (OURS, *plan.others):
        python = pythons.get(variant.environment or "", sys.executable)
        if isinstance(python, RuntimeError):
            found[variant.name] = Measurement(variant.name, error=str(python))
        else:
            found[variant.name] = Measurement(variant.name)
            subjects.append(_subject(variant, workload, python))
    logs = f"training-{workload.vocabulary}-{workload.batch_size}"
    for measurement in processes.measure(
        subjects, settings.rounds, settings.log_dir / logs
    ):
        found[measurement.subject] = measurement
    return list(found.values())


def _subject(
    variant: Variant, workload: Workload, python: str, name: str = ""
) -> processes.Subject:
    return processes.Subject(
        name=name or variant.name,
        module=f"benchmarks.peers.{variant.module}",
        function="step_rounds",
        config={
            "variant": variant.variant,
            "workload": dataclasses.asdict(workload),
        },
        python=python,
    )


def _row(measurement: Measurement, ours: Measurement) -> dict[str, Any]:
    """A subject's figures, each a median with its spread over the rounds."""
    return {
        "subject": measurement.subject,
        "ours_over_it": ours.ratio_to(measurement, SPEED),
        **comparison.row(measurement),
    }


def _against_fastest(
    plan: Plan, measured: _Measured, is_rival: Callable[[str], bool]
) -> dict[str, Any]:
    """Vocabulary -> ours over the fastest peer of those named; `None` if none.

    Args:
        plan: what was compared.
        measured: all measurements.
        is_rival: name of a subject -> whether it counts.
    """
    found: dict[str, Any] = {}
    for label in plan.vocabularies:
        ours, _, *peers = measured[label, plan.batch_sizes[0]]
        rivals = [m for m in peers if m.rounds and is_rival(m.subject)]
        found[label] = None
        if rivals:
            fastest = max(rivals, key=_median_speed)
            ratio = comparison.ratio(ours, fastest, SPEED)
            found[label] = ratio and {**ratio, "peer": fastest.subject}
    return found


def _median_speed(measurement: Measurement) -> float:
    return statistics.median(measurement.values(SPEED))


def _growth(
    plan: Plan, labels: Sequence[str], settings: Settings
) -> dict[str, Any] | None:
    """Ratio of our step times with the last and the first vocabulary."""
    processes.progress(f"training: {labels[-1]} against {labels[0]} rows")
    subjects = [
        _subject(
            OURS,
            plan.workload(label, plan.batch_sizes[0]),
            sys.executable,
            name=f"{OURS.name} {label}",
        )
        for label in labels
    ]
    smallest, largest = processes.measure(
        subjects, settings.rounds, settings.log_dir / "training-growth"
    )
    return comparison.ratio(largest, smallest, "step_ms")
