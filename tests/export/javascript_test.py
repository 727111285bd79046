"""Exports in the JavaScript builds of ONNX Runtime.

Skipped without them. With npm's `onnxruntime-node` and `onnxruntime-web`:

    npm install --prefix DIR onnxruntime-web onnxruntime-node \
        --onnxruntime-node-install=skip
    NODE_PATH=DIR/node_modules pytest -m slow tests/export/javascript_test.py
"""

import json
import shutil
import subprocess
from pathlib import Path

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
PROGRAM = Path(__file__).with_name("run_onnx.cjs")


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


def node(*arguments):
    return subprocess.run(
        ["node", *map(str, arguments)], capture_output=True, text=True
    )


@pytest.fixture(params=["onnxruntime-node", "onnxruntime-web"])
def package(request):
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    if node("-e", f"require.resolve('{request.param}')").returncode:
        pytest.skip(f"needs npm's {request.param} on NODE_PATH")
    return request.param


@pytest.mark.parametrize("name", MODELS)
def test_predicts_what_the_model_predicts(package, name, tmp_path):
    model = MODELS[name]()
    out = export_model(model, tmp_path / "out", formats=["onnx"])
    feed = {**ROWS, "ids": ROWS["ids"].astype("int64")}

    def run():
        path = tmp_path / "feed.json"
        inputs = {
            key: {
                "type": str(x.dtype),
                "shape": x.shape,
                "numbers": x.ravel().tolist(),
            }
            for key, x in feed.items()
        }
        path.write_text(json.dumps(inputs))
        return node(PROGRAM, package, out / "model.onnx", path)

    result = run()
    assert result.returncode == 0, result.stderr
    received = json.loads(result.stdout)
    expected = model(ROWS)
    assert received.keys() == expected.keys()
    for task, tensor in received.items():
        values = np.reshape(tensor["numbers"], tensor["shape"])
        assert_near(values.astype("float32"), expected[task])

    feed["ids"][1, 0] = -1
    result = run()
    assert result.returncode == 1
    assert "indices element out of data bounds" in result.stderr
