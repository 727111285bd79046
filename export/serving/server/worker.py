"""One process of a server."""

import asyncio
import contextlib
import logging
import multiprocessing
import signal
import socket
from collections.abc import Iterator

import uvicorn

from .data_plane import VersionedDataPlane
from .grpc_service import new_grpc_server
from .model_store import ModelStore
from .options import ServerOptions
from .rest import new_app

GRACE_SECONDS = 30  # for requests that are being answered
KEEP_ALIVE_SECONDS = 60  # of a connection without requests
LOG_FORMAT = "%(asctime)s %(levelname)s %(process)d %(message)s"
_LOGGER = logging.getLogger(__name__)


class _RestServer(uvicorn.Server):
    """Leaves signals to the worker."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def run_worker(options: ServerOptions, http_socket: socket.socket) -> None:
    """Serves until SIGTERM or SIGINT.

    Args:
        options: `ServerOptions`.
        http_socket: listens for REST.

    Raises:
        OSError: if gRPC cannot listen.
        ValueError: if there is no model to serve.
    """
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT, force=True)
    for name in ("httpx", "uvicorn"):
        logging.getLogger(name).setLevel(logging.WARNING)
    asyncio.run(_serve(options, http_socket))


async def _serve(options: ServerOptions, http_socket: socket.socket) -> None:
    stopped = _stop_event()
    store = ModelStore(options)
    await store.refresh()
    if not store.get_models():
        raise ValueError(
            "`artefact` must hold an export that can be served. "
            f"Received: artefact={str(options.artefact)!r}"
        )
    data_plane = VersionedDataPlane(store)
    grpc_server = new_grpc_server(
        data_plane, options.host, options.grpc_port, options.workers > 1
    )
    await grpc_server.start()
    rest_server = _RestServer(
        uvicorn.Config(
            new_app(data_plane),
            log_config=None,
            access_log=False,
            lifespan="off",
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
    )
    rest = asyncio.create_task(rest_server.serve(sockets=[http_socket]))
    rest.add_done_callback(lambda _: stopped.set())
    polling = asyncio.create_task(store.keep_fresh())
    _LOGGER.info(
        "listening on %s: REST %d, gRPC %d",
        *(options.host, options.http_port, options.grpc_port),
    )
    await stopped.wait()
    _LOGGER.info("stopping: answering what has come")
    data_plane.stop()
    rest_server.should_exit = True
    await asyncio.gather(rest, grpc_server.stop(GRACE_SECONDS))
    polling.cancel()
    _LOGGER.info("stopped")


def _stop_event() -> asyncio.Event:
    """Set by a signal, or the end of the process that started this one."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    parent = multiprocessing.parent_process()
    if parent is not None:
        loop.add_reader(parent.sentinel, stopped.set)
    return stopped
