"""Answers of `mtnas serve` to requests of one row, by clients on the machine.

The derived network of the section on serving, one thread a prediction, and
one process of every server; clients share the cores with it. `session` is ONNX
Runtime in the clients' own process, `fastapi` the few lines that many serve a
model by. All but `rows`, texts to be hashed, send encoded ids.
"""

import dataclasses
import importlib.util
import pathlib
import sys
import tempfile
from typing import Any

from benchmarks.harness import comparison
from benchmarks.harness import environments
from benchmarks.harness import processes
from benchmarks.serving import files as serving_files
from benchmarks.settings import Settings
from benchmarks.workload import Workload

SESSION, FASTAPI = "session", "fastapi"
# Name -> what it sends, and arguments of the server.
SERVERS: dict[str, tuple[str, tuple[str, ...]]] = {
    FASTAPI: (FASTAPI, ()),
    "json": ("json", ()),
    "binary": ("binary", ()),
    "grpc": ("grpc", ()),
    "rows": ("rows", ()),
    "json, one by one": ("json", ("--max-batch-size", "1")),
    "json, 2 ms": ("json", ("--max-latency-ms", "2")),
    "json, 2 workers": ("json", ("--workers", "2")),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """Settings of the measurements.

    Args:
        vocabulary: rows of the model's table.
        num_clients: how many ask at the same time.
        seconds: time of a round with each number of them.
    """

    vocabulary: int
    num_clients: tuple[int, ...]
    seconds: float


FULL = Plan(vocabulary=300_000, num_clients=(1, 32), seconds=3.0)
SMOKE = Plan(vocabulary=1_200, num_clients=(1, 2), seconds=0.1)


def run(settings: Settings) -> dict[str, Any]:
    """Writes the model, starts all servers, and asks one after the other.

    Returns:
        With the most clients: `server_over_fastapi`, server -> ratio of
        requests a second, each `ratio` (median over the rounds) and `spread`;
        above 1, ours answers more. `rows`: all figures, times in microseconds.
    """
    plan = SMOKE if settings.is_smoke else FULL
    workload = Workload(
        vocabulary=plan.vocabulary, batch_size=512, num_examples=2**10
    )
    fields = dataclasses.asdict(workload)
    with tempfile.TemporaryDirectory() as name:
        directory = pathlib.Path(name)
        processes.progress("server: writing the model")
        serving_files.write_files("benchmarks.peers.ours", fields, directory)
        config = {
            "export": str(directory / "derived"),
            "workload": fields,
            "num_clients": plan.num_clients,
            "seconds": plan.seconds,
        }
        python = _python(settings)
        measurements = processes.measure(
            [_session(config, python), *_servers(config, python)],
            settings.rounds,
            settings.log_dir / "server",
        )
    figure = f"per_second_{max(plan.num_clients)}"
    by_name = {measured.subject: measured for measured in measurements}
    by_name.pop(SESSION)
    fastapi = by_name.pop(FASTAPI, None)
    return {
        "server_over_fastapi": {
            name: comparison.ratio(measured, fastapi, figure)
            for name, measured in by_name.items()
            if fastapi is not None
        },
        "rows": [comparison.row(measured) for measured in measurements],
    }


def _python(settings: Settings) -> str | None:
    """The interpreter of servers; a smoke run has this one, or none."""
    if not settings.is_smoke:
        return environments.python_of("server")
    return sys.executable if importlib.util.find_spec("kserve") else None


def _session(config: dict[str, Any], python: str | None) -> processes.Subject:
    return processes.Subject(
        name=SESSION,
        module="benchmarks.server.session_subject",
        config=config,
        python=python or sys.executable,
    )


def _servers(
    config: dict[str, Any], python: str | None
) -> list[processes.Subject]:
    if python is None:
        return []
    return [
        processes.Subject(
            name=name,
            module="benchmarks.server.server_subject",
            config={**config, "kind": kind, "arguments": arguments},
            python=python,
        )
        for name, (kind, arguments) in SERVERS.items()
    ]
