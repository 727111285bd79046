"""Answers of a server on this machine, which starts with this process."""

import json
from collections.abc import Callable
from typing import Any

import grpc
import numpy as np
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc as stubs

from benchmarks.server.load import Call
from benchmarks.server.load import HttpCall
from benchmarks.server.load import load_rounds
from benchmarks.server.started import start_fastapi
from benchmarks.server.started import start_ours
from benchmarks.workload import Workload

PACKAGES = ("kserve", "onnxruntime", "uvicorn", "fastapi", "grpcio", "numpy")
INFER = "/v2/models/derived/infer"
HEADER = "Inference-Header-Content-Length"


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """A server, and clients that ask it for one row.

    Args:
        config: `kind`, a key of `CALLS`; `arguments` of the server's command
            line; `export`, `workload`, `num_clients` and `seconds`.
    """
    if config["kind"] == "fastapi":
        server = start_fastapi(config["export"])
    else:
        server = start_ours(config["export"], config["arguments"])
    ids = Workload(**config["workload"]).shared_ids[:1].astype(np.int64)
    port = server.grpc_port if config["kind"] == "grpc" else server.http_port
    new_call = CALLS[config["kind"]]
    return load_rounds(
        lambda: new_call(port, ids), config["num_clients"], config["seconds"]
    )


def _json_call(port: int, ids: Any) -> Call:
    inputs = [_tensor("ids", "INT64", ids.shape, data=ids.tolist())]
    return HttpCall(port, INFER, json.dumps({"inputs": inputs}).encode(), {})


def _binary_call(port: int, ids: Any) -> Call:
    raw = ids.tobytes()
    size = {"binary_data_size": len(raw)}
    inputs = [_tensor("ids", "INT64", ids.shape, parameters=size)]
    parameters = {"binary_data_output": True}
    head = json.dumps({"inputs": inputs, "parameters": parameters}).encode()
    return HttpCall(port, INFER, head + raw, {HEADER: str(len(head))})


def _rows_call(port: int, ids: Any) -> Call:
    """A raw row: a text for every field."""
    inputs = [
        _tensor(f"field_{index}", "BYTES", (1, 1), data=[f"value {value}"])
        for index, value in enumerate(ids[0].tolist())
    ]
    return HttpCall(port, INFER, json.dumps({"inputs": inputs}).encode(), {})


def _fastapi_call(port: int, ids: Any) -> Call:
    body = json.dumps({"ids": ids.tolist()}).encode()
    kind = {"Content-Type": "application/json"}
    return HttpCall(port, "/predict", body, kind)


def _grpc_call(port: int, ids: Any) -> Call:
    # Else all clients of a process share a connection.
    options = [("grpc.use_local_subchannel_pool", 1)]
    channel = grpc.insecure_channel(f"127.0.0.1:{port}", options)
    ask = stubs.GRPCInferenceServiceStub(channel).ModelInfer
    request = messages.ModelInferRequest(model_name="derived")
    request.inputs.add(name="ids", datatype="INT64", shape=ids.shape)
    request.raw_input_contents.append(ids.tobytes())
    return lambda: ask(request)


def _tensor(
    name: str, datatype: str, shape: tuple[int, ...], **others: Any
) -> dict[str, Any]:
    kind = {"name": name, "datatype": datatype, "shape": list(shape)}
    return {**kind, **others}


CALLS: dict[str, Callable[[int, Any], Call]] = {
    "json": _json_call,
    "binary": _binary_call,
    "rows": _rows_call,
    "grpc": _grpc_call,
    "fastapi": _fastapi_call,
}
