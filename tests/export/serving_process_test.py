"""A server in a process: both protocols, load, versions and its end."""

import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tolerances import assert_near

pytest.importorskip("kserve")

import grpc
import httpx
from kserve.protocol.grpc import grpc_predict_v2_pb2 as messages
from kserve.protocol.grpc import grpc_predict_v2_pb2_grpc as stubs
from protocol_client import ROOT
from protocol_client import grpc_outputs
from protocol_client import grpc_request
from protocol_client import is_alive
from protocol_client import rest_body
from protocol_client import rest_outputs
from protocol_client import running

from export.serving import Predictor

pytestmark = pytest.mark.slow

NUM_CLIENTS = 200
INFER = "/v2/models/toy/infer"


def columns_of(client, rows=3):
    """Rows of a client, unlike those of all others."""
    rng = np.random.default_rng(client)
    return {
        "user": [f"u{client}_{row}" for row in range(rows)],
        "age": rng.integers(-5, 90, rows).tolist(),
        "x": rng.normal(size=(rows, 4)).astype(np.float32).tolist(),
    }


def tensors_of(columns):
    return {
        "user": ("BYTES", np.array(columns["user"], object)),
        "age": ("INT64", np.array(columns["age"])),
        "x": ("FP32", np.array(columns["x"], np.float32)),
    }


def assert_predictions(found, expected):
    assert list(found) == list(expected)
    for task, values in expected.items():
        assert_near(found[task], values.reshape(len(values), -1))


@pytest.fixture(scope="module")
def models(export_dir, class_export_dir, tmp_path_factory):
    """A folder with a model of two versions, and another."""
    folder = tmp_path_factory.mktemp("served") / "models"
    shutil.copytree(export_dir, folder / "toy" / "1")
    shutil.copytree(class_export_dir, folder / "toy" / "2")
    shutil.copytree(export_dir, folder / "other" / "1")
    return folder


@pytest.fixture(scope="module")
def server(models, tmp_path_factory):
    log = tmp_path_factory.mktemp("log") / "server.log"
    with running(models, log, "--poll-seconds", "0.2") as found:
        yield found


@pytest.fixture(scope="module")
def stub(server):
    with grpc.insecure_channel(server.grpc) as channel:
        yield stubs.GRPCInferenceServiceStub(channel)


@pytest.mark.parametrize("is_raw", [False, True])
@pytest.mark.parametrize("version", ["", "1", "2"])
def test_grpc_agrees_with_rest_and_the_predictor(
    server, stub, models, is_raw, version
):
    columns = columns_of(0)
    expected = Predictor(models / "toy" / (version or "2")).predict(columns)
    tensors = tensors_of(columns)
    request = grpc_request(messages, "toy", tensors, is_raw, (), version)
    response = stub.ModelInfer(request)
    assert response.id == "7"
    assert (response.model_name, response.model_version) == (
        "toy",
        version or "2",
    )
    assert bool(response.raw_output_contents) == is_raw
    assert_predictions(grpc_outputs(response), expected)
    path = f"/versions/{version}" if version else ""
    body, headers = rest_body(tensors, is_raw)
    url = f"{server.rest}/v2/models/toy{path}/infer"
    found = rest_outputs(httpx.post(url, content=body, headers=headers))
    assert_predictions(found, expected)
    one = grpc_request(messages, "toy", tensors, is_raw, ["stars"], version)
    found = grpc_outputs(stub.ModelInfer(one))
    assert_predictions(found, {"stars": expected["stars"]})


def test_encoded_rows_by_grpc(stub, models):
    predictor = Predictor(models / "other" / "1")
    columns = columns_of(1)
    inputs = predictor.encode(columns)
    tensors = {
        "ids": ("INT64", inputs["ids"]),
        "values": ("FP32", inputs["values"]),
    }
    for is_raw in (False, True):
        request = grpc_request(messages, "other", tensors, is_raw)
        found = grpc_outputs(stub.ModelInfer(request))
        assert_predictions(found, predictor.predict(columns))


def test_health_and_metadata_by_grpc(stub):
    assert stub.ServerLive(messages.ServerLiveRequest()).live
    assert stub.ServerReady(messages.ServerReadyRequest()).ready
    found = stub.ServerMetadata(messages.ServerMetadataRequest())
    assert list(found.extensions) == ["binary_tensor_data"] and found.version
    assert stub.ModelReady(messages.ModelReadyRequest(name="toy")).ready
    found = stub.ModelMetadata(
        messages.ModelMetadataRequest(name="toy", version="1")
    )
    assert list(found.versions) == ["1", "2"]
    inputs = {x.name: (x.datatype, list(x.shape)) for x in found.inputs}
    assert inputs == {
        "user": ("BYTES", [-1, 1]),
        "x": ("FP32", [-1, 4]),
        "age": ("INT64", [-1, 1]),
    }
    outputs = {x.name: (x.datatype, list(x.shape)) for x in found.outputs}
    assert outputs == {"click": ("FP32", [-1, 1]), "stars": ("FP32", [-1, 1])}


def status_of(call, request):
    with pytest.raises(grpc.RpcError) as info:
        call(request)
    return info.value.code()


def test_malformed_grpc_requests(stub):
    tensors = tensors_of(columns_of(0))
    invalid = grpc.StatusCode.INVALID_ARGUMENT
    cut = grpc_request(messages, "toy", tensors, is_raw=True)
    cut.raw_input_contents[1] = cut.raw_input_contents[1][:-1]
    assert status_of(stub.ModelInfer, cut) is invalid
    fewer = grpc_request(messages, "toy", tensors, is_raw=True)
    del fewer.raw_input_contents[2]
    assert status_of(stub.ModelInfer, fewer) is invalid
    for change in (
        {"shape": [4]},
        {"datatype": "FP32"},
        {"datatype": "NONE"},
        {"name": "usr"},
    ):
        request = grpc_request(messages, "toy", tensors)
        for name, value in change.items():
            if name == "shape":
                request.inputs[0].shape[:] = value
            else:
                setattr(request.inputs[0], name, value)
        assert status_of(stub.ModelInfer, request) is invalid, change
    unknown = grpc_request(messages, "toy", tensors, outputs=["like"])
    assert status_of(stub.ModelInfer, unknown) is invalid
    absent = grpc.StatusCode.NOT_FOUND
    for model, version in (("none", ""), ("toy", "9")):
        request = grpc_request(messages, model, tensors, version=version)
        assert status_of(stub.ModelInfer, request) is absent
        of_ready = messages.ModelReadyRequest(name=model, version=version)
        assert status_of(stub.ModelReady, of_ready) is absent
    large = {**tensors, "user": ("BYTES", np.array(["u" * 10**7] * 3, object))}
    request = grpc_request(messages, "toy", large)
    exhausted = grpc.StatusCode.RESOURCE_EXHAUSTED
    assert status_of(stub.ModelInfer, request) is exhausted
    unload = messages.RepositoryModelUnloadRequest(model_name="toy")
    code = status_of(stub.RepositoryModelUnload, unload)
    assert code is grpc.StatusCode.UNIMPLEMENTED
    good = stub.ModelInfer(grpc_request(messages, "toy", tensors))
    assert len(good.outputs) == 3


def test_malformed_rest_requests_leave_it_serving(server):
    body, headers = rest_body(tensors_of(columns_of(0)), is_binary=True)
    url = server.rest + INFER
    for content, expected in (
        (b"{", 400),
        (b"\xff" * 1000, 400),
        (body[:-1], 400),
        (b"0" * 10_000_000, 413),
    ):
        response = httpx.post(url, content=content, headers=headers)
        assert response.status_code == expected
        assert response.json()["error"]
    response = httpx.post(url, content=body, headers=headers)
    assert response.status_code == 200


def ask_many(server, clients, repeats=5):
    """What each of many clients gets, who ask at the same time."""
    bodies = {i: rest_body(tensors_of(columns_of(i))) for i in range(clients)}
    limits = httpx.Limits(max_connections=clients)
    timeout = httpx.Timeout(60)

    with httpx.Client(limits=limits, timeout=timeout) as session:

        def ask(client):
            body, headers = bodies[client]
            return [
                rest_outputs(
                    session.post(
                        server.rest + INFER, content=body, headers=headers
                    )
                )
                for _ in range(repeats)
            ]

        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            return list(pool.map(ask, range(clients)))


def test_each_of_many_clients_gets_its_own_rows(server, models):
    predictor = Predictor(models / "toy" / "2")
    for client, answers in enumerate(ask_many(server, NUM_CLIENTS)):
        expected = predictor.predict(columns_of(client))
        for found in answers:
            assert_predictions(found, expected)
    text = httpx.get(f"{server.rest}/metrics").text
    runs = re.search(r'batch_rows_count\{model_name="toy"\} (\S+)', text)[1]
    rows = re.search(r'batch_rows_sum\{model_name="toy"\} (\S+)', text)[1]
    # Three rows a request: together, not one by one.
    assert float(rows) > 6 * float(runs)


def test_new_versions_come_without_a_lost_request(
    export_dir, class_export_dir, tmp_path
):
    folder = tmp_path / "models"
    shutil.copytree(export_dir, folder / "toy" / "1")
    body, headers = rest_body(tensors_of(columns_of(0)))
    poll = ("--poll-seconds", "0.1")
    with running(folder, tmp_path / "log", *poll) as server:
        seen, is_over = [], False

        def ask():
            with httpx.Client() as session:
                while not is_over:
                    response = session.post(
                        server.rest + INFER, content=body, headers=headers
                    )
                    assert response.status_code == 200
                    seen.append(response.json()["model_version"])

        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            clients = [pool.submit(ask) for _ in range(4)]
            try:
                server.wait_for(lambda: "1" in seen)
                for version in ("2", "3"):
                    put(class_export_dir, folder / "toy" / version)
                    server.wait_for(lambda v=version: v in seen[-4:])
                put(export_dir, folder / "toy" / "4", is_damaged=True)
                server.wait_for(lambda: "refused" in server.log.read_text())
                time.sleep(0.5)
            finally:
                is_over = True
            for client in clients:
                client.result()
        assert set(seen) == {"1", "2", "3"} and seen[-1] == "3"
        assert "refused toy version 4" in server.log.read_text()
        assert server.stop() == 0


def put(export, target, is_damaged=False):
    """Puts an export in place as a whole, as `export_model` does."""
    staging = target.with_name(f".{target.name}.staging")
    shutil.copytree(export, staging)
    if is_damaged:
        os.truncate(staging / "model.onnx", 99)
    staging.rename(target)


def count_of_decoded(server):
    """Requests that wait to be predicted, or were."""
    text = httpx.get(f"{server.rest}/metrics").text
    pattern = r'preprocess_seconds_count\{model_name="toy"\} (\S+)'
    return sum(map(float, re.findall(pattern, text)))


@pytest.mark.parametrize("workers", [1, 2])
def test_sigterm_answers_what_has_come(models, tmp_path, workers):
    """Requests that wait for others when the signal comes are answered."""
    arguments = ("--max-latency-ms", "8000", "--workers", str(workers))
    bodies = [rest_body(tensors_of(columns_of(i))) for i in range(8)]
    predictor = Predictor(models / "toy" / "2")
    with running(models, tmp_path / "log", *arguments) as server:

        def ask(body, headers):
            url = server.rest + INFER
            return httpx.post(url, content=body, headers=headers, timeout=30)

        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            answers = [pool.submit(ask, *body) for body in bodies]
            server.wait_for(lambda: count_of_decoded(server) == len(bodies))
            assert not any(answer.done() for answer in answers)
            assert server.stop() == 0
        for client, answer in enumerate(answers):
            found = rest_outputs(answer.result())
            assert_predictions(found, predictor.predict(columns_of(client)))
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{server.rest}/v2/health/live")


def test_workers_share_ports_and_metrics(models, tmp_path):
    log = tmp_path / "log"
    with running(models, log, "--workers", "2") as server:
        ask_many(server, clients=20, repeats=10)
        found = httpx.get(f"{server.rest}/metrics").text
        labels = 'model_name="toy",outcome="success",protocol="rest"'
        total = re.search(rf"requests_total{{{labels}}} (\S+)", found)[1]
        assert float(total) == 200
        with grpc.insecure_channel(server.grpc) as channel:
            stub = stubs.GRPCInferenceServiceStub(channel)
            assert stub.ServerReady(messages.ServerReadyRequest()).ready
        pattern = r"INFO (\d+) listening"
        server.wait_for(lambda: len(re.findall(pattern, log.read_text())) == 2)
        workers = [int(pid) for pid in re.findall(pattern, log.read_text())]
        os.kill(workers[0], signal.SIGKILL)
        assert server.process.wait(timeout=60) == 2
        assert "ended by itself" in log.read_text()
        assert not any(map(is_alive, workers))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["absent"], "`artefact` must be a folder"),
        (["."], "must hold an export that can be served"),
        ([".", "--workers", "0"], "`workers` must be at least 1"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, arguments, message):
    result = subprocess.run(
        [sys.executable, "-m", "export.serving.server", *arguments]
        + ["--http-port", "18080", "--grpc-port", "18081"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), *sys.path]),
        },
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert message in result.stderr.splitlines()[-1]
    assert "Traceback" not in result.stderr


def test_a_port_in_use_is_named(server, models):
    port = server.rest.rpartition(":")[2]
    result = subprocess.run(
        [sys.executable, "-m", "export.serving.server", str(models)]
        + ["--http-port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert f"REST cannot listen on ('127.0.0.1', {port})" in result.stderr
