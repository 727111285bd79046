"""The gRPC side of the protocol."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import grpc
from kserve import InferRequest
from kserve.errors import InvalidInput
from kserve.errors import ModelNotFound
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc as stubs
from kserve.protocol.grpc.servicer import InferenceServicer
from kserve.protocol.model_repository_extension import ModelRepositoryExtension

from .data_plane import VersionedDataPlane

MAX_MESSAGE = 8 * 2**20  # bytes
_STATUSES = {
    InvalidInput: grpc.StatusCode.INVALID_ARGUMENT,
    ModelNotFound: grpc.StatusCode.NOT_FOUND,
}


class VersionedServicer(InferenceServicer):
    """kserve's gRPC service, with versions of models.

    Args:
        data_plane: `VersionedDataPlane`.
    """

    def __init__(self, data_plane: VersionedDataPlane) -> None:
        store = data_plane.model_registry
        super().__init__(data_plane, ModelRepositoryExtension(store))
        self._data_plane = data_plane

    async def ModelReady(self, request: Any, context: Any) -> Any:  # noqa: N802
        async with _statuses(context):
            self._data_plane.model_registry.get_version(
                request.name, request.version
            )
        return messages.ModelReadyResponse(ready=True)

    async def ModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        async with _statuses(context):
            found = await self._data_plane.model_metadata(
                request.name, request.version
            )
        return messages.ModelMetadataResponse(**found)

    async def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802
        async with _statuses(context):
            self.validate_grpc_request(request)
            asked = InferRequest.from_grpc(request)
            response = await self._data_plane.predict(
                asked, request.model_version, "grpc"
            )
        return response.to_grpc()

    async def RepositoryModelLoad(self, request: Any, context: Any) -> Any:  # noqa: N802
        await _refuse_management(context)

    async def RepositoryModelUnload(self, request: Any, context: Any) -> Any:  # noqa: N802
        await _refuse_management(context)


def new_grpc_server(
    data_plane: VersionedDataPlane, host: str, port: int, is_shared: bool
) -> Any:
    """A server of gRPC that listens, and has still to be started.

    Args:
        data_plane: `VersionedDataPlane`.
        host: address.
        port: port.
        is_shared: whether other workers listen on the same port.

    Raises:
        OSError: if it cannot listen.
    """
    server = grpc.aio.server(
        options=[
            ("grpc.so_reuseport", int(is_shared)),
            ("grpc.max_send_message_length", MAX_MESSAGE),
            ("grpc.max_receive_message_length", MAX_MESSAGE),
        ]
    )
    stubs.add_GRPCInferenceServiceServicer_to_server(
        VersionedServicer(data_plane), server
    )
    address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
    try:
        server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"gRPC cannot listen on {address}") from error
    return server


@contextlib.asynccontextmanager
async def _statuses(context: Any) -> AsyncIterator[None]:
    """Ends a call with the status of its error."""
    try:
        yield
    except tuple(_STATUSES) as error:
        await context.abort(_STATUSES[type(error)], str(error))


async def _refuse_management(context: Any) -> None:
    await context.abort(
        grpc.StatusCode.UNIMPLEMENTED,
        "New versions are found by looking at the folder of models",
    )
