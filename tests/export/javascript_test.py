"""Exports in the JavaScript builds of ONNX Runtime, see `node_runtime`."""

import dataclasses

import node_runtime
import numpy as np
import pytest
import tiny_models
import toy_roles
from tolerances import assert_near

from export import export_model
from export import onnx_parts
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import RouteSpace

pytestmark = pytest.mark.slow
# With a table of more than a megabyte.
SCHEMA = dataclasses.replace(toy_roles.SCHEMA, num_buckets=100_000)
ROWS = toy_roles.make_split(7).inputs


def make_route():
    space = RouteSpace(SCHEMA.task_names, 2, 3)
    return SparseRouteModel(
        SCHEMA, space.random_route(np.random.default_rng(0))
    )


MODELS = {
    "route": make_route,
    # Written by the converter.
    "ple": lambda: tiny_models.make_model("ple", SCHEMA),
}


@pytest.fixture(params=["onnxruntime-node", "onnxruntime-web"])
def package(request):
    node_runtime.require(request.param)
    return request.param


@pytest.fixture(params=["one file", "two files"])
def num_files(request, monkeypatch):
    if request.param == "one file":
        return 1
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", 2**20)
    return 2


@pytest.mark.parametrize("name", MODELS)
def test_predicts_what_the_model_predicts(package, name, num_files, tmp_path):
    model = MODELS[name]()
    out = export_model(model, tmp_path / "out", formats=["onnx"])
    assert len([*out.glob("model.onnx*")]) == num_files
    feed = {**ROWS, "ids": ROWS["ids"].astype("int64")}

    def run():
        return node_runtime.run(package, out / "model.onnx", feed, tmp_path)

    received, expected = run(), model(ROWS)
    assert received.keys() == expected.keys()
    for task, values in received.items():
        assert_near(values, expected[task])

    feed["ids"][1, 0] = -1
    with pytest.raises(RuntimeError, match="indices element out of data"):
        run()
