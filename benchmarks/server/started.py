"""Servers on this machine, started from the checkout."""

import atexit
import ctypes
import dataclasses
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence

from benchmarks.harness.processes import ROOT

START_SECONDS = 120
PR_SET_PDEATHSIG = 1  # of Linux


@dataclasses.dataclass(frozen=True, kw_only=True)
class Started:
    """A server that answers.

    Args:
        process: ends with this process at the latest, on Linux.
        http_port: port of HTTP.
        grpc_port: port of gRPC, if it speaks it.
    """

    process: "subprocess.Popen[bytes]"
    http_port: int
    grpc_port: int


def start_ours(export: str, arguments: Sequence[str] = ()) -> Started:
    """`mtnas-serve` of an export.

    Raises:
        RuntimeError: if it does not answer.
    """
    http_port, grpc_port = _free_port(), _free_port()
    command = ["export.serving.server", export, *arguments]
    command += ["--http-port", str(http_port), "--grpc-port", str(grpc_port)]
    return _start(command, http_port, grpc_port, "/v2/health/ready")


def start_fastapi(export: str) -> Started:
    """The few lines of FastAPI.

    Raises:
        RuntimeError: if it does not answer.
    """
    port = _free_port()
    command = ["benchmarks.server.fastapi_wrapper", export, str(port)]
    return _start(command, port, 0, "/ready")


def _start(
    command: list[str], http_port: int, grpc_port: int, path: str
) -> Started:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=ROOT,
        stdout=sys.stderr,
        preexec_fn=_end_with_parent if sys.platform == "linux" else None,
    )
    atexit.register(process.terminate)
    url = f"http://127.0.0.1:{http_port}{path}"
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url).close()
        except (urllib.error.URLError, ConnectionError) as error:
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError("the server does not answer") from error
            time.sleep(0.1)
        else:
            return Started(
                process=process, http_port=http_port, grpc_port=grpc_port
            )


def _end_with_parent() -> None:
    """Asks for SIGTERM when the process that started this one is killed."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
