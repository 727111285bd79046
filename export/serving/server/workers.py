"""Several processes of a server."""

import multiprocessing
import multiprocessing.connection
import os
import signal
import socket
import sys
import tempfile
from typing import Any

from .metrics import SHARED_FOLDER
from .options import ServerOptions
from .worker import run_worker

BACKLOG = 2048  # connections that wait to be accepted


def listening_socket(options: ServerOptions) -> socket.socket:
    """A socket that listens for REST.

    Raises:
        OSError: if the port cannot be listened on.
    """
    address = (options.host, options.http_port)
    family = socket.AF_INET6 if ":" in options.host else socket.AF_INET
    try:
        found = socket.create_server(address, family=family, backlog=BACKLOG)
    except OSError as error:
        raise OSError(f"REST cannot listen on {address}: {error}") from error
    # Of its connections, too: asyncio sets it only where a socket was made with
    # the protocol's number, and answers would wait for 40 ms.
    found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return found


def run_workers(options: ServerOptions, http_socket: socket.socket) -> None:
    """Serves by several processes until SIGTERM or SIGINT.

    One that ends by itself ends all: what supervises the server starts it anew.

    Args:
        options: `ServerOptions`.
        http_socket: listens for REST; all accept its connections.

    Raises:
        OSError: if a process ended by itself.
    """
    with tempfile.TemporaryDirectory() as folder:
        os.environ[SHARED_FOLDER] = folder
        context = multiprocessing.get_context("spawn")
        workers = [
            context.Process(target=_work, args=(options, http_socket))
            for _ in range(options.workers)
        ]
        is_stopped = _run(workers)
    if not is_stopped:
        raise OSError("A worker of the server ended by itself, see its lines")


def _run(workers: list[Any]) -> bool:
    """Starts all and waits for their end; whether a signal asked for it."""
    signals: list[int] = []

    def stop(number: int, _: object) -> None:
        signals.append(number)
        _terminate(workers)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    for worker in workers:
        worker.start()
    if signals:  # one came before all were there
        _terminate(workers)
    multiprocessing.connection.wait([worker.sentinel for worker in workers])
    is_stopped = bool(signals)
    _terminate(workers)
    for worker in workers:
        worker.join()
    return is_stopped


def _terminate(workers: list[Any]) -> None:
    for worker in workers:
        if worker.pid is not None and worker.is_alive():
            worker.terminate()


def _work(options: ServerOptions, http_socket: socket.socket) -> None:
    try:
        run_worker(options, http_socket)
    except (ValueError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
