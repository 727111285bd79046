"""Latency of exported models, ours and peers', in the same ONNX Runtime.

All models have two tasks and layers of four sub-networks or experts of 64. The
derived network has two layers, and so has ML-MMoE, its full sharing; the peers'
MMoE has one. See `benchmarks.peers` for where they depart.
"""

import dataclasses
import pathlib
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from typing import Any

from benchmarks.harness import comparison
from benchmarks.harness import environments
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.serving import accuracy as serving_accuracy
from benchmarks.serving import files as serving_files
from benchmarks.settings import Settings
from benchmarks.workload import Workload

OPSET = 18


@dataclasses.dataclass(frozen=True)
class Served:
    """A file and the runtime that serves it.

    Args:
        name: string. Its name in results.
        path: the file, in the directory that its writer writes to.
        peer: a module of `benchmarks.peers`, which writes it.
        runtime: a module of `benchmarks.serving`. Defaults to ONNX Runtime.
        environment: where the peer runs, `None` for this environment.
    """

    name: str
    path: str
    peer: str
    runtime: str = "onnx_subject"
    environment: str | None = None


OURS = "ours"
KERAS = "plain_keras"
DERIVED = Served("derived", "derived/model.onnx", OURS)
FULL_SHARING = Served("ML-MMoE", "ml_mmoe/model.onnx", OURS)
KERAS_MMOE = Served("Keras MMoE", "keras/model.onnx", KERAS)
LIBRARIES = (
    Served(
        "torch-rechub MMoE",
        "torch_rechub/model.onnx",
        "torch_rechub",
        environment="torch_rechub",
    ),
    Served(
        "DeepCTR MMoE",
        "deepctr/model.onnx",
        "deepctr",
        environment="deepctr",
    ),
)
LOCAL = (
    DERIVED,
    KERAS_MMOE,
    FULL_SHARING,
    Served("derived float16", "derived_float16/model.onnx", OURS),
    Served("derived int8", "derived_int8/model.onnx", OURS),
    Served("derived layer norm", "derived_layer_norm/model.onnx", OURS),
    Served("found on Book-Crossing", "found/model.onnx", OURS),
    Served("MMoE", "mmoe/model.onnx", OURS),
    Served("Keras MMoE stacked", "keras_stacked/model.onnx", KERAS),
    Served(
        "derived SavedModel", "derived/saved_model", OURS, "saved_model_subject"
    ),
    Served("derived predict", "derived.keras", OURS, "predict_subject"),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the comparison.

    Args:
        served: the files. Those of ONNX Runtime are timed for every number of
            threads, the others for the first.
        threads: threads of a prediction.
        batch_sizes: examples of a prediction. The first and the third give the
            ratios.
        seconds: time of a round for each batch size.
        vocabulary: rows of all tables of a model together.
    """

    served: tuple[Served, ...]
    threads: tuple[int, ...]
    batch_sizes: tuple[int, ...]
    seconds: float
    vocabulary: int

    @property
    def workload(self) -> dict[str, Any]:
        """Fields, sizes and ids."""
        return dataclasses.asdict(
            Workload(
                vocabulary=self.vocabulary, batch_size=512, num_examples=2**15
            )
        )


FULL = Plan(
    served=(*LIBRARIES, *LOCAL),
    threads=(1, 2),
    batch_sizes=(1, 64, 512, 4096),
    seconds=0.25,
    vocabulary=300_000,
)
SMOKE = Plan(
    served=LOCAL,
    threads=(1,),
    batch_sizes=(1, 2, 8),
    seconds=0.01,
    vocabulary=1_200,
)


def run(settings: Settings) -> dict[str, Any]:
    """Writes all files, then times them in turn.

    Returns:
        Ratios of median latencies on one thread, each `ratio` (median over the
        rounds) and `spread`; below 1, the derived network is faster:
        `onnx_over_keras_mmoe_batch1`, `onnx_over_full_sharing_batch512` and
        `onnx_over_fastest_peer_batch512`, with that library's name as `peer`.
        `onnx_size_over_weights`: bytes of the file over those of the weights.
        `auc_by_precision`: see `benchmarks.serving.accuracy`. `rows`: all
        figures, in microseconds.
    """
    plan = SMOKE if settings.is_smoke else FULL
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        processes.progress("serving: writing files")
        facts, errors = _write(plan, directory)
        timed = _measure(plan, directory, errors, settings)
        results = _ratios(plan, timed)
        results["onnx_size_over_weights"] = _size_ratio(directory, facts)
        rows = [
            _row(served, threads, directory, measurement)
            for (served, threads), measurement in timed.items()
        ]
    if not settings.is_smoke:
        processes.progress("serving: accuracy on Book-Crossing")
        results["auc_by_precision"] = serving_accuracy.measure()
    return {**results, "rows": rows}


def _write(
    plan: Plan, directory: pathlib.Path
) -> tuple[dict[str, Any], dict[str, str]]:
    """Results of the peers' writers, and peer -> its error."""
    facts: dict[str, Any] = {}
    errors = {}
    for peer, environment in {
        served.peer: served.environment for served in plan.served
    }.items():
        try:
            python = sys.executable
            if environment is not None:
                python = environments.python_of(environment)
            module = f"benchmarks.peers.{peer}"
            facts |= serving_files.write_files(
                module, plan.workload, directory, python
            )
            _convert_saved_models(directory)
        except RuntimeError as error:
            processes.progress(f"  {peer}: {error}")
            errors[peer] = str(error)
    return facts, errors


def _convert_saved_models(directory: pathlib.Path) -> None:
    """Converts what a library writes that has no ONNX exporter."""
    for path in directory.glob("*/saved_model"):
        target = path.with_name("model.onnx")
        if target.exists():
            continue
        command = [sys.executable, "-m", "tf2onnx.convert"]
        command += ["--saved-model", str(path), "--output", str(target)]
        command += ["--opset", str(OPSET)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            raise RuntimeError(result.stderr.strip().splitlines()[-1])


_Timed = dict[tuple[Served, int], Measurement]


def _measure(
    plan: Plan,
    directory: pathlib.Path,
    errors: dict[str, str],
    settings: Settings,
) -> _Timed:
    found: _Timed = {}
    subjects = {}
    # Those that are compared run one after the other.
    for threads in plan.threads:
        for served in plan.served:
            is_onnx = served.runtime == DERIVED.runtime
            if not is_onnx and threads != plan.threads[0]:
                continue
            name = f"{served.name}, threads {threads}"
            error = errors.get(served.peer)
            found[served, threads] = Measurement(name, error=error)
            if error is None:
                subjects[served, threads] = processes.Subject(
                    name=name,
                    module=f"benchmarks.serving.{served.runtime}",
                    config={
                        "path": str(directory / served.path),
                        "threads": threads,
                        "batch_sizes": plan.batch_sizes,
                        "seconds": plan.seconds,
                        "workload": plan.workload,
                    },
                )
    measurements = processes.measure(
        list(subjects.values()), settings.rounds, settings.log_dir / "serving"
    )
    return found | dict(zip(subjects, measurements, strict=True))


def _ratios(plan: Plan, timed: _Timed) -> dict[str, Any]:
    single, _, bulk, *_ = plan.batch_sizes
    one = {
        served: measurement
        for (served, threads), measurement in timed.items()
        if threads == 1
    }
    derived = one[DERIVED]
    libraries = [one[served] for served in LIBRARIES if served in one]
    return {
        f"onnx_over_keras_mmoe_batch{single}": comparison.ratio(
            derived, one[KERAS_MMOE], _p50(single)
        ),
        f"onnx_over_full_sharing_batch{bulk}": comparison.ratio(
            derived, one[FULL_SHARING], _p50(bulk)
        ),
        f"onnx_over_fastest_peer_batch{bulk}": _against_fastest(
            derived, libraries, bulk
        ),
    }


def _against_fastest(
    derived: Measurement, peers: Iterable[Measurement], batch_size: int
) -> dict[str, Any] | None:
    finished = [peer for peer in peers if peer.rounds]
    if not finished:
        return None
    figure = _p50(batch_size)
    fastest = min(finished, key=lambda x: statistics.median(x.values(figure)))
    ratio = comparison.ratio(derived, fastest, figure)
    return ratio and {**ratio, "peer": fastest.subject}


def _size_ratio(
    directory: pathlib.Path, facts: dict[str, Any]
) -> dict[str, Any] | None:
    path = directory / DERIVED.path
    if not path.exists():
        return None
    ratio = path.stat().st_size / facts["derived_weight_bytes"]
    return {"ratio": ratio, "spread": [ratio, ratio]}


def _row(
    served: Served,
    threads: int,
    directory: pathlib.Path,
    measurement: Measurement,
) -> dict[str, Any]:
    path = directory / served.path
    figures = measurement.rounds[0] if measurement.rounds else {}
    return {
        "subject": served.name,
        "threads": threads,
        "file_mb": path.stat().st_size / 1e6 if path.is_file() else None,
        **{figure: measurement.summary(figure) for figure in figures},
        "error": measurement.error,
    }


def _p50(batch_size: int) -> str:
    return f"p50_us_{batch_size}"
