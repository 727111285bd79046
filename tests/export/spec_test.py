"""The contract derived from a model."""

import numpy as np
import pytest
from toy_model import make_model

from export.spec import ExportSpec
from export.tensor_info import TensorInfo


def test_contract():
    spec = ExportSpec.from_model(make_model())
    assert spec.inputs == (
        TensorInfo(name="ids", dtype="int64", shape=(None, 2)),
        TensorInfo(name="values", dtype="float32", shape=(None, 4)),
    )
    assert spec.outputs == (
        TensorInfo(name="click", dtype="float32", shape=(None, 1)),
        TensorInfo(name="stars", dtype="float32", shape=(None, 1)),
    )
    assert (spec.opset, spec.tolerance) == (18, 1e-5)
    assert spec.batch_sizes == (1, 7)


def test_a_class_is_a_column(class_model):
    outputs = ExportSpec.from_model(class_model).outputs
    shapes = {tensor.name: tensor.shape for tensor in outputs}
    assert shapes == {
        "click": (None, 1),
        "color": (None, 3),
        "stars": (None, 1),
    }


def test_examples_are_valid_and_repeatable():
    spec = ExportSpec.from_model(make_model())
    example = spec.example(500)
    assert (example["ids"].dtype, example["ids"].shape) == ("int64", (500, 2))
    assert np.unique(example["ids"]).tolist() == list(range(50))
    assert example["values"].dtype == "float32"
    assert example["values"].shape == (500, 4)
    np.testing.assert_array_equal(example["ids"], spec.example(500)["ids"])


def test_model_without_schema():
    with pytest.raises(TypeError, match="schema=None"):
        ExportSpec.from_model(object())
