"""The contract derived from a model."""

import dataclasses

import numpy as np
import pytest
from toy_model import make_model

from export.spec import DEFAULT_OPSET
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
    assert (spec.opset, spec.tolerance) == (DEFAULT_OPSET, 1e-5)
    assert spec.batch_sizes == (1, 7, 1000)


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


def test_the_extremes_are_valid():
    spec = ExportSpec.from_model(make_model())
    assert spec.extremes()["ids"].tolist() == [[0, 0], [49, 49]]
    padded = dataclasses.replace(spec, may_pad=(False, True))
    assert padded.extremes()["ids"].tolist() == [[0, 0], [49, 49], [49, -1]]
    assert len(padded.extremes()["values"]) == 3


def test_some_tasks():
    spec = ExportSpec.from_model(make_model(), tasks=["stars"])
    assert [tensor.name for tensor in spec.outputs] == ["stars"]
    assert spec.other_tasks == ("click",)


@pytest.mark.parametrize("tasks", [[], ["buy"], ["click", "buy"], "click"])
def test_tasks_that_the_model_lacks(tasks):
    with pytest.raises(ValueError, match=r"`tasks` must be .*'stars'\)"):
        ExportSpec.from_model(make_model(), tasks=tasks)


@pytest.mark.parametrize("opset", [17, 99, "18", True])
def test_an_unknown_opset(opset):
    with pytest.raises(ValueError, match=r"`opset` must lie in \[18, "):
        ExportSpec.from_model(make_model(), opset=opset)
