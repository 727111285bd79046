"""A client of the Open Inference Protocol, and a server in its own process.

It writes what the protocol says by itself: kserve's own client would share
the server's mistakes.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import httpx
import numpy as np

ROOT = Path(__file__).parents[2]
DTYPES = {"INT64": np.int64, "INT32": np.int32, "FP32": np.float32}
DTYPES |= {"FP64": np.float64, "BYTES": object}
HEADER = "Inference-Header-Content-Length"


def packed(datatype, array):
    """A tensor in binary form."""
    if datatype != "BYTES":
        return array.astype(DTYPES[datatype]).tobytes()
    texts = [str(text).encode() for text in array.ravel()]
    return b"".join(struct.pack("<I", len(text)) + text for text in texts)


def rest_body(tensors, is_binary=False, outputs=None, **others):
    """Body and headers of a request: name -> datatype and array."""
    inputs, parts = [], []
    for name, (datatype, array) in tensors.items():
        entry = {"name": name, "datatype": datatype, "shape": [*array.shape]}
        if is_binary:
            parts.append(packed(datatype, array))
            entry["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            entry["data"] = array.tolist()
        inputs.append(entry)
    request = {"inputs": inputs, **others}
    if outputs is not None:
        request["outputs"] = [{"name": name} for name in outputs]
    if is_binary:
        request["parameters"] = {"binary_data_output": True}
    head = json.dumps(request).encode()
    headers = {HEADER: str(len(head))} if is_binary else {}
    return b"".join([head, *parts]), headers


def rest_outputs(response):
    """Predictions of a response: task -> array."""
    assert response.status_code == 200, response.text
    content, length = response.content, response.headers.get(HEADER)
    answer = json.loads(content[: int(length)] if length else content)
    position = int(length or 0)
    arrays = {}
    for output in answer["outputs"]:
        assert output["datatype"] == "FP32"
        if "data" in output:
            array = np.array(output["data"], np.float32)
        else:
            size = output["parameters"]["binary_data_size"]
            part = content[position : position + size]
            array = np.frombuffer(part, np.float32)
            position += size
        arrays[output["name"]] = array.reshape(output["shape"])
    if length:
        assert position == len(content)
    return arrays


def grpc_request(
    messages, model, tensors, is_raw=False, outputs=(), version=""
):
    """A message: name -> datatype and array."""
    request = messages.ModelInferRequest(
        model_name=model, model_version=version, id="7"
    )
    for name in outputs:
        request.outputs.add(name=name)
    contents = {"BYTES": "bytes", "INT64": "int64", "FP32": "fp32"}
    contents |= {"FP64": "fp64", "INT32": "int"}
    for name, (datatype, array) in tensors.items():
        tensor = request.inputs.add(
            name=name, datatype=datatype, shape=array.shape
        )
        if is_raw:
            request.raw_input_contents.append(packed(datatype, array))
            continue
        values = array.ravel().tolist()
        if datatype == "BYTES":
            values = [str(value).encode() for value in values]
        getattr(tensor.contents, f"{contents[datatype]}_contents").extend(
            values
        )
    return request


def grpc_outputs(response):
    """Predictions of a response: task -> array."""
    arrays = {}
    for index, output in enumerate(response.outputs):
        assert output.datatype == "FP32"
        if response.raw_output_contents:
            raw = response.raw_output_contents[index]
            array = np.frombuffer(raw, np.float32)
        else:
            array = np.array(output.contents.fp32_contents, np.float32)
        arrays[output.name] = array.reshape(tuple(output.shape))
    return arrays


class AppClient:
    """Asks an application of ASGI in this process."""

    def __init__(self, app):
        self.app = app

    def get(self, path):
        return asyncio.run(self.ask_all([("GET", path, {})]))[0]

    def post(self, path, **request):
        return asyncio.run(self.ask_all([("POST", path, request)]))[0]

    async def ask_all(self, requests):
        """Asks for all at the same time: method, path, arguments of httpx."""
        transport = httpx.ASGITransport(self.app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://server"
        ) as client:
            return await asyncio.gather(
                *(
                    client.request(method, path, **request)
                    for method, path, request in requests
                )
            )


class Server:
    """A server in a process of its own.

    Attributes:
        rest: its address of REST.
        grpc: its address of gRPC.
    """

    def __init__(self, artefact, log, *arguments):
        self.log = log
        http_port, grpc_port = free_port(), free_port()
        self.rest = f"http://127.0.0.1:{http_port}"
        self.grpc = f"127.0.0.1:{grpc_port}"
        command = [sys.executable, "-m", "export.serving.server", str(artefact)]
        command += [
            "--http-port",
            str(http_port),
            "--grpc-port",
            str(grpc_port),
        ]
        with log.open("w") as file:
            self.process = subprocess.Popen(
                [*command, *arguments], cwd=ROOT, stdout=file, stderr=file
            )

    def wait_until_ready(self, seconds=60):
        self.wait_for(self.is_ready, seconds)

    def is_ready(self):
        with contextlib.suppress(httpx.TransportError):
            url = f"{self.rest}/v2/health/ready"
            return httpx.get(url).status_code == 200

    def wait_for(self, condition, seconds=60):
        """Waits until something holds, as long as the server runs."""
        end = time.monotonic() + seconds
        while not condition():
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < end, self.log.read_text()
            time.sleep(0.05)

    def stop(self):
        """Sends SIGTERM; returns the exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=60)


@contextlib.contextmanager
def running(artefact, log, *arguments):
    """A server that is ready; it is stopped at the end."""
    server = Server(artefact, log, *arguments)
    try:
        server.wait_until_ready()
        yield server
    finally:
        if server.process.poll() is None:
            server.process.kill()
            server.process.wait()


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True
