"""REST of the server, without a process: what it answers and refuses."""

import asyncio
import json
import os
import shutil

import numpy as np
import pytest
from tolerances import assert_near

pytest.importorskip("kserve")

from protocol_client import AppClient
from protocol_client import packed
from protocol_client import rest_body
from protocol_client import rest_outputs
from toy_model import make_schema

import mtnas_tf as mt
from export import export_model
from export.serving.predictor import Predictor
from export.serving.server.data_plane import VersionedDataPlane
from export.serving.server.model_store import ModelStore
from export.serving.server.options import ServerOptions
from export.serving.server.rest import MAX_BODY
from export.serving.server.rest import new_app
from mtnas_preprocessing import FieldSpec

COLUMNS = {
    "user": ["ann", "bob", ""],
    "age": [34, -3, 7],
    "x": [[0.5, -1.0, 2.0, 0.0], [1.5, 1.0, -2.0, 0.25], [0.0] * 4],
}
TENSORS = {
    "user": ("BYTES", np.array(COLUMNS["user"], object)),
    "age": ("INT64", np.array(COLUMNS["age"])[:, None]),
    "x": ("FP32", np.array(COLUMNS["x"], np.float32)),
}
INFER = "/v2/models/toy/infer"


@pytest.fixture(scope="module")
def predictor(class_export_dir):
    return Predictor(class_export_dir)


def new_client(path, **options):
    store = ModelStore(ServerOptions(artefact=path, **options))
    asyncio.run(store.refresh())
    return AppClient(new_app(VersionedDataPlane(store))), store


@pytest.fixture(scope="module")
def client(class_export_dir):
    return new_client(class_export_dir)[0]


def assert_predictions(found, expected):
    assert list(found) == list(expected)
    for task, values in expected.items():
        assert_near(found[task], values.reshape(len(values), -1))


@pytest.mark.parametrize("is_binary", [False, True])
def test_raw_rows(client, predictor, is_binary):
    body, headers = rest_body(TENSORS, is_binary, id="abc")
    response = client.post(INFER, content=body, headers=headers)
    assert_predictions(rest_outputs(response), predictor.predict(COLUMNS))
    if not is_binary:
        answer = response.json()
        assert answer["id"] == "abc"
        assert (answer["model_name"], answer["model_version"]) == ("toy", "1")
        shapes = [output["shape"] for output in answer["outputs"]]
        assert shapes == [[3, 1], [3, 3], [3, 1]]


@pytest.mark.parametrize("is_binary", [False, True])
def test_encoded_rows(client, predictor, is_binary):
    inputs = predictor.encode(COLUMNS)
    tensors = {
        "ids": ("INT64", inputs["ids"]),
        "values": ("FP32", inputs["values"]),
    }
    body, headers = rest_body(tensors, is_binary, ["stars"])
    url = "/v2/models/toy/versions/1/infer"
    response = client.post(url, content=body, headers=headers)
    expected = {"stars": predictor.predict(COLUMNS)["stars"]}
    assert_predictions(rest_outputs(response), expected)


def test_an_output_says_whether_it_is_binary(client):
    body, _ = rest_body(TENSORS)
    request = json.loads(body)
    request["parameters"] = {"binary_data_output": True}
    request["outputs"] = [
        {"name": "click", "parameters": {"binary_data": False}},
        {"name": "stars"},
    ]
    response = client.post(INFER, json=request)
    assert list(rest_outputs(response)) == ["click", "stars"]
    length = int(response.headers["Inference-Header-Content-Length"])
    outputs = json.loads(response.content[:length])["outputs"]
    assert ["data" in output for output in outputs] == [True, False]


def test_missing_values(client, predictor):
    tensors = [
        {
            "name": "user",
            "shape": [2],
            "datatype": "BYTES",
            "data": [None, "a"],
        },
        {"name": "age", "shape": [2], "datatype": "FP64", "data": [None, 7]},
        {
            "name": "x",
            "shape": [2, 4],
            "datatype": "FP64",
            "data": [[1] * 4] * 2,
        },
    ]
    response = client.post(INFER, json={"inputs": tensors})
    columns = {"user": [None, "a"], "age": [None, 7], "x": [[1.0] * 4] * 2}
    assert_predictions(rest_outputs(response), predictor.predict(columns))


def test_no_rows(client):
    tensors = {
        name: (datatype, array[:0])
        for name, (datatype, array) in TENSORS.items()
    }
    body, _ = rest_body(tensors)
    outputs = rest_outputs(client.post(INFER, content=body))
    assert {t: y.shape for t, y in outputs.items()} == {
        "click": (0, 1),
        "color": (0, 3),
        "stars": (0, 1),
    }


def test_health_and_metadata(client):
    assert client.get("/v2/health/live").json() == {"live": True}
    assert client.get("/v2/health/ready").json() == {"ready": True}
    assert client.get("/v2").json()["extensions"] == ["binary_tensor_data"]
    assert client.get("/v2/models").json() == {"models": ["toy"]}
    ready = client.get("/v2/models/toy/versions/1/ready")
    assert ready.json() == {"name": "toy", "ready": True}
    assert client.get("/v2/models/toy").json() == {
        "name": "toy",
        "versions": ["1"],
        "platform": "onnxruntime_onnx",
        "inputs": [
            {"name": "user", "datatype": "BYTES", "shape": [-1, 1]},
            {"name": "x", "datatype": "FP32", "shape": [-1, 4]},
            {"name": "age", "datatype": "INT64", "shape": [-1, 1]},
        ],
        "outputs": [
            {"name": "click", "datatype": "FP32", "shape": [-1, 1]},
            {"name": "color", "datatype": "FP32", "shape": [-1, 3]},
            {"name": "stars", "datatype": "FP32", "shape": [-1, 1]},
        ],
    }


def test_metrics(client):
    body, _ = rest_body(TENSORS)
    client.post(INFER, content=body)
    client.post(INFER, json={"inputs": []})
    text = client.get("/metrics").text
    for outcome in ("success", "error"):
        labels = f'model_name="toy",outcome="{outcome}",protocol="rest"'
        assert f"mtnas_requests_total{{{labels}}}" in text
    assert 'mtnas_batch_rows_bucket{le="4.0",model_name="toy"}' in text
    assert 'request_predict_seconds_count{model_name="toy"}' in text


def changed(name, /, **changes):
    """A body whose input of a name is another."""
    body, _ = rest_body(TENSORS)
    request = json.loads(body)
    for entry in request["inputs"]:
        if entry["name"] == name:
            entry.update(changes)
    return json.dumps(request)


def without(name):
    kept = {key: value for key, value in TENSORS.items() if key != name}
    return rest_body(kept)[0]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "must be JSON"),
        ("[]", "must be a JSON object"),
        ("{}", "`inputs` must be a list"),
        ('{"inputs": [7]}', "`inputs` must hold JSON objects"),
        ('{"inputs": [{"name": 3}]}', "`name` must be a str. Received: name=3"),
        ('{"inputs": []}', "Missing: ['user', 'x', 'age']"),
        (without("user"), "Missing: ['user']"),
        (without("user") + b" " * 4, "Missing: ['user']"),
        (changed("age", name="agee"), "unknown: ['agee']"),
        (changed("age", name="user"), "must hold each of"),
        (changed("user", shape=[4]), "`user` must hold 4 values of BYTES"),
        (changed("user", shape=[-1]), "a shape of one or two sizes"),
        (changed("user", shape=[3, 1, 1]), "a shape of one or two sizes"),
        (changed("user", shape=["3"]), "a shape of one or two sizes"),
        (changed("x", shape=[4, 3]), r"`x` must have shape (rows, 4)"),
        (changed("age", shape=[1, 3]), "`age` must have shape (rows, 1)"),
        (changed("user", datatype="FP32"), "`user` must have one of the datat"),
        (changed("x", datatype="BYTES"), "`x` must have one of the datatypes"),
        (changed("x", datatype="FP17"), "Received: datatype='FP17'"),
        (changed("age", data=[1.5, 2, 3]), "1.5 is none"),
        (changed("age", data=[1, True, 3]), "True is none"),
        (changed("age", datatype="INT8", data=[1, 2, 300]), "values of INT8"),
        (changed("age", data=[1, 2]), "`age` must hold 3 values"),
        (changed("age", shape=[2], data=[1, 2]), "the same number of rows"),
        (changed("age", data=None), "`data` must be a list"),
        (changed("x", data=[["a"] * 4] * 3), "'a' is none"),
        (changed("x", data=[[1e300] * 4] * 3), "Row 0: Field `x` must hold"),
        (changed("user", data=[{}] * 3), "{} is none"),
        (
            rest_body(TENSORS, outputs=["like"])[0],
            "`outputs` must name tasks, each once, of ['click', 'color', 'sta",
        ),
        (
            rest_body({"ids": ("INT64", np.zeros((1, 2), int))})[0],
            "Missing: ['values']",
        ),
        (
            rest_body(
                {
                    "ids": ("INT64", np.full((1, 2), 50)),
                    "values": ("FP32", np.zeros((1, 4))),
                }
            )[0],
            "`ids` must lie in [0, 50)",
        ),
    ],
)
def test_a_malformed_request_is_a_400(client, body, message):
    response = client.post(INFER, content=body)
    assert response.status_code == 400
    assert message in response.json()["error"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda body, size: (body[:-3], size), "within the body"),
        (lambda body, size: (body + b"0", size), "1 bytes more"),
        (lambda body, size: (body, size + 1), "must be JSON"),
        (lambda body, size: (body, "x"), "must be a length"),
        (lambda body, size: (body[:size], size + 9), "must be a length"),
    ],
)
def test_a_damaged_binary_body_is_a_400(client, change, message):
    body, headers = rest_body(TENSORS, is_binary=True)
    (name, size), *_ = headers.items()
    body, size = change(body, int(size))
    response = client.post(INFER, content=body, headers={name: str(size)})
    assert response.status_code == 400
    assert message in response.json()["error"]


@pytest.mark.parametrize(
    ("name", "datatype", "raw"),
    [
        ("user", "BYTES", packed("BYTES", TENSORS["user"][1])[:-1]),
        ("user", "BYTES", b"\x01\x00\x00\x00\xff" * 3),  # no UTF-8
        ("age", "INT64", b"1234567"),
        ("age", "INT64", b"12345678" * 2),
    ],
)
def test_a_damaged_tensor_is_a_400(client, name, datatype, raw):
    parts, inputs = [], []
    for key, (kind, array) in TENSORS.items():
        part = raw if key == name else packed(kind, array)
        entry = {"name": key, "datatype": kind, "shape": [*array.shape]}
        inputs.append({**entry, "parameters": {"binary_data_size": len(part)}})
        parts.append(part)
    head = json.dumps({"inputs": inputs}).encode()
    headers = {"Inference-Header-Content-Length": str(len(head))}
    body = b"".join([head, *parts])
    response = client.post(INFER, content=body, headers=headers)
    assert response.status_code == 400
    assert f"`{name}`" in response.json()["error"]


@pytest.mark.parametrize(
    "path",
    [
        "/v2/models/other",
        "/v2/models/other/ready",
        "/v2/models/toy/versions/2",
        "/v2/models/toy/versions/x/ready",
        "/v2/nothing",
    ],
)
def test_what_is_not_there_is_a_404(client, path):
    assert client.get(path).status_code == 404


def test_another_model_is_a_404(client):
    body, _ = rest_body(TENSORS)
    for path in ("/v2/models/other/infer", "/v2/models/toy/versions/2/infer"):
        assert client.post(path, content=body).status_code == 404
    assert client.get(INFER).status_code == 405


def test_a_large_body_is_a_413(client):
    response = client.post(INFER, content=b"0" * (MAX_BODY + 1))
    assert response.status_code == 413
    assert f"must not exceed {MAX_BODY} bytes" in response.json()["error"]


def test_an_error_is_that_of_its_request_alone(client, predictor):
    """A wrong row in a batch leaves the other requests as they are."""
    good = {"user": ["ann"], "age": [3], "x": [[1.0, 2.0, 3.0, 4.0]]}
    tensors = {
        "user": ("BYTES", np.array(["ann"], object)),
        "age": ("INT64", np.array([3])),
        "x": ("FP32", np.array(good["x"])),
    }
    bad = {**tensors, "x": ("FP32", np.full((1, 4), np.nan))}
    requests = [
        ("POST", INFER, {"content": body, "headers": headers})
        for body, headers in (rest_body(tensors, True), rest_body(bad, True))
    ]
    responses = asyncio.run(client.ask_all(requests * 3))
    assert [r.status_code for r in responses] == [200, 400] * 3
    for response in responses[::2]:
        assert_predictions(rest_outputs(response), predictor.predict(good))


def test_versions_come_and_go(export_dir, class_export_dir, tmp_path, caplog):
    folder = tmp_path / "models" / "toy"
    shutil.copytree(export_dir, folder / "1")
    client, store = new_client(folder.parent)

    def tasks(version=""):
        path = "/v2/models/toy" + (f"/versions/{version}" if version else "")
        outputs = client.get(path).json()["outputs"]
        return [output["name"] for output in outputs]

    def versions():
        asyncio.run(store.refresh())
        return client.get("/v2/models/toy").json()["versions"]

    assert tasks() == ["click", "stars"]
    shutil.copytree(class_export_dir, folder / "2")
    assert versions() == ["1", "2"]
    assert tasks() == ["click", "color", "stars"]
    assert tasks("1") == ["click", "stars"]
    shutil.copytree(export_dir, folder / "3")
    os.truncate(folder / "3" / "model.onnx", 50)
    assert versions() == ["1", "2"]
    assert "refused toy version 3" in caplog.text
    assert "must have the sha256" in caplog.text
    assert caplog.text.count("refused") == 1
    assert versions() == ["1", "2"]
    assert caplog.text.count("refused") == 1  # it is not tried again
    shutil.copy(export_dir / "model.onnx", folder / "3" / "model.onnx")
    assert versions() == ["1", "2", "3"]
    # A version in place that is damaged leaves the one that was there.
    (folder / "2" / "manifest.json").write_text("{")
    assert versions() == ["1", "2", "3"]
    assert tasks("2") == ["click", "color", "stars"]
    shutil.rmtree(folder / "3")
    assert versions() == ["1", "2", "3"]  # away for a moment
    assert versions() == ["1", "2"]
    shutil.rmtree(folder)
    asyncio.run(store.refresh())
    asyncio.run(store.refresh())
    assert client.get("/v2/health/ready").status_code == 503
    assert client.get("/v2/models/toy").status_code == 404


def test_a_list_is_a_text_or_a_row(tmp_path):
    likes = FieldSpec(name="likes", max_length=3)
    model = mt.models.SharedBottom(make_schema(fields=(likes,)))
    path = export_model(model, tmp_path / "likes", ["onnx"])
    client, _ = new_client(path)
    expected = Predictor(path).predict([{"likes": "a|b"}, {"likes": "c|d"}])
    url = "/v2/models/likes/infer"
    for array in (
        np.array(["a|b", "c|d"], object),
        np.array([["a|b"], ["c|d"]], object),
        np.array([["a", "b"], ["c", "d"]], object),
    ):
        body, _ = rest_body({"likes": ("BYTES", array)})
        found = rest_outputs(client.post(url, content=body))
        assert_predictions(found, expected)
