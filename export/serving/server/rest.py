"""The REST side of the protocol."""

from collections.abc import Awaitable
from collections.abc import Callable
from typing import Any

import orjson
from kserve.errors import InvalidInput
from kserve.errors import ModelNotFound
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from .data_plane import VersionedDataPlane
from .metrics import exposition
from .rest_request import read_request

MAX_BODY = 8 * 2**20  # bytes; kserve's gRPC has the same limit
_HEADER_LENGTH = "Inference-Header-Content-Length"


class BodyTooLargeError(Exception):
    """A body that exceeds `MAX_BODY`."""


_STATUSES: dict[type[Exception], int] = {
    InvalidInput: 400,
    ModelNotFound: 404,
    BodyTooLargeError: 413,
    ClientDisconnect: 400,
}


def new_app(data_plane: VersionedDataPlane) -> Starlette:
    """The application that answers REST.

    Args:
        data_plane: `VersionedDataPlane`.
    """
    api = _Api(data_plane)
    routes = [
        Route("/v2", api.server_metadata),
        Route("/v2/health/live", api.live),
        Route("/v2/health/ready", api.ready),
        Route("/v2/models", api.models),
        Route("/metrics", api.metrics),
    ]
    for model in ("/v2/models/{name}", "/v2/models/{name}/versions/{version}"):
        routes += [
            Route(model, api.model_metadata),
            Route(f"{model}/ready", api.model_ready),
            Route(f"{model}/infer", api.infer, methods=["POST"]),
        ]
    handlers: dict[Any, Any] = {
        kind: _handler(status) for kind, status in _STATUSES.items()
    }
    handlers[Exception] = _failed
    return Starlette(routes=routes, exception_handlers=handlers)


class _Api:
    """The answers to all paths."""

    def __init__(self, data_plane: VersionedDataPlane) -> None:
        self._data_plane = data_plane

    async def server_metadata(self, _: Request) -> Response:
        return _json(self._data_plane.metadata())

    async def live(self, _: Request) -> Response:
        return _json({"live": True})

    async def ready(self, _: Request) -> Response:
        is_ready = await self._data_plane.ready()
        return _json({"ready": is_ready}, 200 if is_ready else 503)

    async def models(self, _: Request) -> Response:
        names = list(self._data_plane.model_registry.get_models())
        return _json({"models": names})

    async def metrics(self, _: Request) -> Response:
        return Response(exposition(), media_type=CONTENT_TYPE_LATEST)

    async def model_metadata(self, request: Request) -> Response:
        return _json(await self._data_plane.model_metadata(*_model(request)))

    async def model_ready(self, request: Request) -> Response:
        name, version = _model(request)
        self._data_plane.model_registry.get_version(name, version)
        return _json({"name": name, "ready": True})

    async def infer(self, request: Request) -> Response:
        name, version = _model(request)
        body = await _body(request)
        length = request.headers.get(_HEADER_LENGTH)
        asked = read_request(body, length, name)
        response = await self._data_plane.predict(asked, version, "rest")
        content, json_length = response.to_rest()
        if json_length is None:
            return _json(content)
        return Response(
            content,
            headers={_HEADER_LENGTH: str(json_length)},
            media_type="application/octet-stream",
        )


def _model(request: Request) -> tuple[str, str | None]:
    return request.path_params["name"], request.path_params.get("version")


async def _body(request: Request) -> bytes:
    """The whole body; one that is too large is read to its end, not kept.

    Else the connection would break before the client has read the answer.
    """
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size <= MAX_BODY:
            parts.append(part)
    if size > MAX_BODY:
        raise BodyTooLargeError(
            f"The body must not exceed {MAX_BODY} bytes. Received: {size}"
        )
    return b"".join(parts)


def _json(content: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, None, "application/json")


async def _failed(_: Request, __: Exception) -> Response:
    return _json({"error": "The server failed, its log tells how"}, 500)


def _handler(
    status: int,
) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(_: Request, error: Exception) -> Response:
        return _json({"error": str(error)}, status)

    return answer
