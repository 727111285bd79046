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
    return Artefact(inputs=spec.inputs, outputs=spec.outputs, run=runner(model))


def runner(model):
    """What runs a model as an export does, invalid ids refused."""

    def run(inputs):
        if ((inputs["ids"] < 0) | (inputs["ids"] >= 50)).any():
            raise IndexError("outside of the table")
        inputs = {**inputs, "ids": inputs["ids"].astype("int32")}
        return {k: y.numpy() for k, y in model(inputs).items()}

    return run


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
        inputs=faithful.inputs,
        outputs=(),
        run=lambda inputs: faithful.run(inputs) and {},
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
    artefact = edit_outputs(
        Artefact(inputs=spec.inputs, outputs=spec.outputs, run=runner(model)),
        lambda x: {**x, "stars": x["stars"] + np.float32(0.01)},
    )
    differences = validate({"onnx": lambda: artefact}, model, spec)
    assert differences["onnx"] == pytest.approx(0.01, rel=0.1)


def test_shape_of_the_values(model, spec, faithful):
    artefact = edit_outputs(faithful, lambda x: {**x, "click": x["click"].T})
    found = mismatches(model, spec, artefact)
    assert {(x.rule, x.name) for x in found} == {("shape", "click")}
    assert [x.batch_size for x in found] == [7, 1000, 2]


@pytest.mark.parametrize("bad_id", [-1, 50, 2**32 + 3, 3 - 2**32, -(2**63)])
@pytest.mark.parametrize("column", [0, 1])
def test_an_id_that_is_not_refused(model, spec, faithful, column, bad_id):
    def run(inputs):
        ids = inputs["ids"].copy()
        is_bad = ids[:, column] == bad_id
        ids[is_bad, column] = 3
        return faithful.run({**inputs, "ids": ids})

    artefact = dataclasses.replace(faithful, run=run)
    if column == 1 and bad_id != 50:  # the first column has each of them
        assert validate({"onnx": lambda: artefact}, model, spec)
        return
    (mismatch,) = mismatches(model, spec, artefact)
    assert (mismatch.rule, mismatch.name) == ("ids", "ids")
    assert f"predictions for id {bad_id} in column {column}" in str(mismatch)


def test_the_least_and_the_largest_id(model, spec, faithful):
    def run(inputs):
        outputs = faithful.run(inputs)
        is_largest = (inputs["ids"] == 49).all(axis=1, keepdims=True)
        return {**outputs, "click": outputs["click"] + 0.5 * is_largest}

    artefact = dataclasses.replace(faithful, run=run)
    found = mismatches(model, spec, artefact)
    assert {(x.rule, x.name) for x in found} == {("values", "click")}
    assert found[-1].batch_size == 2  # a row of the least, one of the largest


def test_a_part_without_effect(model, spec, faithful):
    artefact = dataclasses.replace(faithful, unread=("left_over",))
    (mismatch,) = mismatches(model, spec, artefact)
    assert mismatch.rule == "unread"
    assert "['left_over'] without any" in mismatch.message


def test_a_run_that_fails(model, spec, faithful):
    def run(inputs):
        raise RuntimeError("no such kernel")

    artefact = dataclasses.replace(faithful, run=run)
    found = mismatches(model, spec, artefact)
    sizes = [(x.rule, x.batch_size) for x in found]
    assert sizes == [("run", size) for size in (1, 7, 1000, 2)]
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
    assert found == [("onnx", "load")] + [("saved_model", "values")] * 4
