"""`mtnas serve`: exports to a server, without TensorFlow."""

from collections.abc import Callable
from typing import Any


def serve(say: Callable[[str], None] = print, **options: Any) -> dict[str, Any]:
    """Serves exports until SIGTERM or SIGINT.

    Args:
        say: called with lines of text. Defaults to `print`.
        **options: those of `ServerOptions`.

    Returns:
        `{"served": path}`.
    """
    from export.serving.server.options import ServerOptions
    from export.serving.server.serve import serve as start

    settings = ServerOptions(**options)
    start(settings)
    say(f"served {settings.artefact}")
    return {"served": str(settings.artefact)}
