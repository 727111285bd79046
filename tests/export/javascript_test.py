"""Exports in the JavaScript builds of ONNX Runtime, see `node_runtime`."""

import node_runtime
import numpy as np
import pytest
import tiny_models
import toy_roles
from tolerances import assert_near

from export import export_model
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import RouteSpace

pytestmark = pytest.mark.slow
SCHEMA = toy_roles.SCHEMA
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


@pytest.mark.parametrize("name", MODELS)
def test_predicts_what_the_model_predicts(package, name, tmp_path):
    model = MODELS[name]()
    out = export_model(model, tmp_path / "out", formats=["onnx"])
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
