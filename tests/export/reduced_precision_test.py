"""Exports whose weights take fewer bytes."""

import dataclasses
import json

import keras
import numpy as np
import onnx
import pytest
from toy_data import NUM_BUCKETS
from toy_data import SCHEMA
from toy_data import make_split
from toy_model import X
from toy_model import make_model
from toy_model import make_schema

from export import export_model
from export.serving import Predictor
from mtnas_tf.models import MMoE

TOLERANCES = {"float16": 1e-3, "int8": 5e-2}


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)  # int8 differs by more for some weights
    return MMoE(
        SCHEMA, num_experts=2, hidden_units=(4,), table_initializer="normal"
    )


def table_types(directory, num_rows=NUM_BUCKETS):
    proto = onnx.load(str(directory / "model.onnx"))
    return {
        onnx.TensorProto.DataType.Name(x.data_type)
        for x in proto.graph.initializer
        if x.dims and x.dims[0] == num_rows and len(x.dims) == 2
    }


@pytest.mark.parametrize(
    ("precision", "table"), [("float16", "FLOAT16"), ("int8", "UINT8")]
)
def test_predicts_within_the_stated_tolerance(
    network, tmp_path, precision, table
):
    out = export_model(
        network, tmp_path / "out", formats=["onnx"], precision=precision
    )
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["precision"] == precision
    assert manifest["validation"]["tolerance"] == TOLERANCES[precision]
    assert 0 < manifest["validation"]["max_difference"]["onnx"]
    assert table_types(out, 11) == {table}
    inputs = make_split(9).inputs
    received = Predictor(out).predict_ids(**inputs)
    for task, expected in network(inputs).items():
        np.testing.assert_allclose(
            received[task], expected[:, 0], atol=TOLERANCES[precision]
        )


@pytest.mark.parametrize(
    ("precision", "bytes_each"), [("float16", 2), ("int8", 1)]
)
def test_size(tmp_path, precision, bytes_each):
    schema = dataclasses.replace(SCHEMA, num_buckets=50_000)
    model = MMoE(schema, num_experts=2, hidden_units=(4,))
    out = export_model(
        model, tmp_path / "out", formats=["onnx"], precision=precision
    )
    size = (out / "model.onnx").stat().st_size
    assert size == pytest.approx(500_000 * bytes_each, rel=0.02)


def test_a_converted_model(tmp_path):
    model = make_model()
    model.table.set_weights([model.table.get_weights()[0] / 20])
    out = export_model(
        model, tmp_path / "out", formats=["onnx"], precision="float16"
    )
    assert table_types(out, 50) == {"FLOAT16"}


def test_a_model_without_a_table(tmp_path):
    model = make_model(make_schema(fields=(X,)))
    out = export_model(
        model, tmp_path / "out", formats=["onnx"], precision="float16"
    )
    assert Predictor(out).predict_ids(values=np.ones((2, 4)))


def test_a_table_beyond_float16(tmp_path):
    model = MMoE(SCHEMA, num_experts=2, hidden_units=(4,))
    model.encoder.table.assign(1e5 * np.ones((NUM_BUCKETS, 10)))
    with pytest.raises(ValueError, match="must not exceed 65504"):
        export_model(
            model, tmp_path / "out", formats=["onnx"], precision="float16"
        )
    assert not list(tmp_path.iterdir())


def test_unknown_precision(network, tmp_path):
    with pytest.raises(ValueError, match="Received: precision='int4'"):
        export_model(network, tmp_path / "out", precision="int4")


def test_a_saved_model_is_float32(network, tmp_path):
    with pytest.raises(ValueError, match=r"`formats` must be some of"):
        export_model(network, tmp_path / "out", precision="int8")


def test_is_quiet(network, tmp_path, caplog):
    caplog.set_level("INFO")
    export_model(network, tmp_path / "out", formats=["onnx"], precision="int8")
    assert not caplog.records
