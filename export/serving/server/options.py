"""The settings of a server."""

import dataclasses
from pathlib import Path

LAST_PORT = 65535


@dataclasses.dataclass(frozen=True, kw_only=True)
class ServerOptions:
    """What a server serves, where and how.

    Args:
        artefact: an export; a folder of its versions, `1/`, `2/`, ...; or a
            folder of such folders, one a model.
        name: name of the model, if there is one; None for the folder's.
            Defaults to `None`.
        host: address to listen on. Defaults to `"127.0.0.1"`.
        http_port: port of REST. Defaults to `8080`.
        grpc_port: port of gRPC. Defaults to `8081`.
        workers: int > 0. Processes. Defaults to `1`.
        threads: int > 0. Threads of one prediction. Defaults to `1`.
        max_batch_size: int > 0. Rows of requests that are predicted together.
            Defaults to `256`.
        max_latency_ms: float >= 0. How long a request may wait for others.
            Defaults to `0.0`: only while others are predicted.
        poll_seconds: float > 0. Time between looks for new versions.
            Defaults to `5.0`.

    Example:
    >>> ServerOptions(artefact=Path("models"), workers=0)
    Traceback (most recent call last):
    ValueError: `workers` must be at least 1. Received: workers=0
    """

    artefact: Path
    name: str | None = None
    host: str = "127.0.0.1"
    http_port: int = 8080
    grpc_port: int = 8081
    workers: int = 1
    threads: int = 1
    max_batch_size: int = 256
    max_latency_ms: float = 0.0
    poll_seconds: float = 5.0

    def __post_init__(self) -> None:
        least = {"workers": 1, "threads": 1, "max_batch_size": 1}
        least |= {"max_latency_ms": 0, "http_port": 1, "grpc_port": 1}
        for name, bound in least.items():
            value = getattr(self, name)
            if not value >= bound:
                raise ValueError(
                    f"`{name}` must be at least {bound}. "
                    f"Received: {name}={value}"
                )
        for name in ("http_port", "grpc_port"):
            if getattr(self, name) > LAST_PORT:
                raise ValueError(
                    f"`{name}` must be at most {LAST_PORT}. "
                    f"Received: {name}={getattr(self, name)}"
                )
        if not self.poll_seconds > 0:
            raise ValueError(
                "`poll_seconds` must be positive. "
                f"Received: poll_seconds={self.poll_seconds}"
            )
        if self.http_port == self.grpc_port:
            raise ValueError(
                "`http_port` and `grpc_port` must differ. "
                f"Received: {self.http_port} for both"
            )
