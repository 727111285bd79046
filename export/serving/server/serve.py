"""Starts a server, in this process or in several."""

from .options import ServerOptions


def serve(options: ServerOptions) -> None:
    """Serves until SIGTERM or SIGINT; requests that came before are answered.

    Args:
        options: `ServerOptions`.

    Raises:
        ImportError: if kserve is not installed.
        OSError: if a port cannot be listened on.
        ValueError: if there is no model to serve.
    """
    try:
        import kserve  # noqa: F401
    except ImportError as error:
        raise ImportError(
            "A server needs the extra `serve`: pip install kserve"
        ) from error
    from .worker import run_worker
    from .workers import listening_socket
    from .workers import run_workers

    with listening_socket(options) as socket:
        if options.workers == 1:
            run_worker(options, socket)
        else:
            run_workers(options, socket)
