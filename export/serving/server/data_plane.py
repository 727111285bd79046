"""What both protocols answer with."""

import importlib.metadata
from typing import Any

from kserve import InferRequest
from kserve import InferResponse
from kserve.protocol.dataplane import DataPlane

from .metrics import REQUESTS
from .model_store import ModelStore

PLATFORM = "onnxruntime_onnx"
EXTENSIONS = ["binary_tensor_data"]
_DISTRIBUTIONS = ("mtnas_serving", "mtnas_tf")


class VersionedDataPlane(DataPlane):
    """kserve's data plane, with versions of models.

    Args:
        store: `ModelStore`.
    """

    def __init__(self, store: ModelStore) -> None:
        super().__init__(model_registry=store)
        self._store = store
        self._is_stopping = False

    def stop(self) -> None:
        """Makes the server say that it is not ready."""
        self._is_stopping = True

    async def ready(self) -> bool:
        return bool(self._store.get_models()) and not self._is_stopping

    def metadata(self) -> dict[str, Any]:
        return {
            "name": _DISTRIBUTIONS[0],
            "version": _version(),
            "extensions": EXTENSIONS,
        }

    async def model_metadata(
        self, model_name: str, model_version: str | None = None
    ) -> dict[str, Any]:
        model = self._store.get_version(model_name, model_version)
        return {
            "name": model_name,
            "versions": [str(x) for x in self._store.versions(model_name)],
            "platform": PLATFORM,
            "inputs": model.get_input_types(),
            "outputs": model.get_output_types(),
        }

    async def predict(
        self,
        request: InferRequest,
        model_version: str | None,
        protocol: str,
    ) -> InferResponse:
        """The answer to a request.

        Args:
            request: `InferRequest`.
            model_version: a version, the newest for None or an empty text.
            protocol: `"rest"` or `"grpc"`, for the metrics.
        """
        model = self._store.get_version(request.model_name, model_version)
        labels = (model.name, protocol)
        try:
            response, _ = await model(request)
        except Exception:
            REQUESTS.labels(*labels, "error").inc()
            raise
        REQUESTS.labels(*labels, "success").inc()
        return response


def _version() -> str:
    """That of the distribution that this code is part of."""
    for name in _DISTRIBUTIONS:
        try:
            return importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return "unknown"
