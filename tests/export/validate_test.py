"""Every rule that an exported file can break."""

import dataclasses

import numpy as np
import pytest
from toy_model import make_model

from export import ExportMismatchError
from export.artefact import Artefact
from export.spec import ExportSpec
from export.tensor_info import TensorInfo
from export.validate import validate


@pytest.fixture(scope="module")
def model():
    return make_model()


@pytest.fixture(scope="module")
def spec(model):
    return ExportSpec.from_model(model)


@pytest.fixture
def faithful(model, spec):
    def run(inputs):
        inputs = {**inputs, "ids": inputs["ids"].astype("int32")}
        return {k: y.numpy() for k, y in model(inputs).items()}

    return Artefact(inputs=spec.inputs, outputs=spec.outputs, run=run)


def mismatches(model, spec, artefact):
    with pytest.raises(ExportMismatchError) as caught:
        validate({"onnx": lambda: artefact}, model, spec)
    assert all(str(x) in str(caught.value) for x in caught.value.mismatches)
    return caught.value.mismatches


def change(tensors, target, **changes):
    return tuple(
        dataclasses.replace(x, **changes) if x.name == target else x
        for x in tensors
    )


def edit_outputs(artefact, edit):
    run = artefact.run
    return dataclasses.replace(artefact, run=lambda x: edit(run(x)))


def test_a_faithful_file_passes(model, spec, faithful):
    assert validate({"onnx": lambda: faithful}, model, spec) == {"onnx": 0.0}


@pytest.mark.parametrize("tensor", ["ids", "click"])
@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"dtype": "int16"}, "dtype"),
        ({"shape": (None, 9)}, "shape"),
        ({"shape": (None,)}, "shape"),
        ({"name": "other"}, "names"),
    ],
)
def test_signature(model, spec, faithful, tensor, changes, rule):
    artefact = dataclasses.replace(
        faithful,
        inputs=change(faithful.inputs, tensor, **changes),
        outputs=change(faithful.outputs, tensor, **changes),
    )
    (mismatch,) = mismatches(model, spec, artefact)
    assert (mismatch.rule, mismatch.name) == (rule, tensor)


@pytest.mark.parametrize(("name", "size"), [("ids", 2), ("click", 1)])
def test_fixed_batch(model, spec, faithful, name, size):
    artefact = dataclasses.replace(
        faithful,
        inputs=change(faithful.inputs, name, shape=(1, size)),
        outputs=change(faithful.outputs, name, shape=(1, size)),
    )
    (mismatch,) = mismatches(model, spec, artefact)
    assert (mismatch.rule, mismatch.name) == ("dynamic batch", name)
    assert f"Received: shape=(1, {size})" in mismatch.message


def test_an_output_too_many(model, spec, faithful):
    extra = TensorInfo(name="route", dtype="float32", shape=(None, 1))
    artefact = dataclasses.replace(faithful, outputs=(*faithful.outputs, extra))
    (mismatch,) = mismatches(model, spec, artefact)
    assert (mismatch.rule, mismatch.name) == ("names", "route")


def test_no_output_in_common(model, spec, faithful):
    artefact = Artefact(
        inputs=faithful.inputs, outputs=(), run=lambda inputs: {}
    )
    (mismatch,) = mismatches(model, spec, artefact)
    assert mismatch.rule == "names"


def test_values_beyond_the_tolerance(model, spec, faithful):
    def edit(outputs):
        # Seven rows only: batch size 1 agrees.
        wrong = outputs["click"] + 2e-4 * (len(outputs["click"]) == 7)
        return {**outputs, "click": wrong}

    (mismatch,) = mismatches(model, spec, edit_outputs(faithful, edit))
    assert (mismatch.rule, mismatch.name) == ("values", "click")
    assert mismatch.batch_size == 7
    assert mismatch.max_difference == pytest.approx(2e-4, rel=1e-2)


def test_not_a_number_never_agrees(model, spec, faithful):
    artefact = edit_outputs(
        faithful, lambda x: {**x, "stars": x["stars"] * np.nan}
    )
    assert {(x.rule, x.name) for x in mismatches(model, spec, artefact)} == {
        ("values", "stars")
    }


def test_tolerance_is_relative_to_predictions_above_one(spec):
    model = make_model()
    model.towers["stars"].bias.assign([1e4])

    def run(inputs):
        inputs = {**inputs, "ids": inputs["ids"].astype("int32")}
        outputs = {k: y.numpy() for k, y in model(inputs).items()}
        return {**outputs, "stars": outputs["stars"] + np.float32(0.01)}

    artefact = Artefact(inputs=spec.inputs, outputs=spec.outputs, run=run)
    differences = validate({"onnx": lambda: artefact}, model, spec)
    assert differences["onnx"] == pytest.approx(0.01, rel=0.1)


def test_shape_of_the_values(model, spec, faithful):
    artefact = edit_outputs(faithful, lambda x: {**x, "click": x["click"].T})
    (mismatch,) = mismatches(model, spec, artefact)
    assert (mismatch.rule, mismatch.name) == ("shape", "click")
    assert mismatch.batch_size == 7


def test_a_run_that_fails(model, spec, faithful):
    def run(inputs):
        raise RuntimeError("no such kernel")

    artefact = dataclasses.replace(faithful, run=run)
    found = mismatches(model, spec, artefact)
    assert [(x.rule, x.batch_size) for x in found] == [("run", 1), ("run", 7)]
    assert "no such kernel" in found[0].message


def test_collects_the_mismatches_of_all_formats(model, spec, faithful):
    def fail():
        raise OSError("cut short")

    wrong = edit_outputs(
        faithful, lambda x: {**x, "click": x["click"] + np.float32(0.1)}
    )
    with pytest.raises(ExportMismatchError, match="cut short") as caught:
        validate({"onnx": fail, "saved_model": lambda: wrong}, model, spec)
    found = [(x.format, x.rule) for x in caught.value.mismatches]
    assert found == [("onnx", "load")] + [("saved_model", "values")] * 2
