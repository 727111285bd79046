import dataclasses
import sys

import numpy as np
import psutil
import pytest
import toy_data

from mtnas_tf.data import Split
from mtnas_tf.data import label_checks
from mtnas_tf.data import split

SCHEMA = toy_data.SCHEMA
SPLIT = toy_data.make_split(6)


def test_take_and_concatenate():
    assert len(SPLIT) == 6
    rows = np.array([4, 0, 4])
    taken = SPLIT.take(rows)
    np.testing.assert_array_equal(
        taken.inputs["ids"], SPLIT.inputs["ids"][[4, 0, 4]]
    )
    both = Split.concatenate([SPLIT, taken])
    assert len(both) == 9
    np.testing.assert_array_equal(
        both.labels["stars"][:, 0],
        [*SPLIT.labels["stars"][:, 0], *taken.labels["stars"][:, 0]],
    )
    both.check(toy_data.SCHEMA)


def test_blocks_are_consecutive_rows():
    blocks = list(SPLIT.blocks(4))
    assert [len(block) for block in blocks] == [4, 2]
    both = Split.concatenate(blocks)
    for part in ("inputs", "labels"):
        for name, values in getattr(SPLIT, part).items():
            np.testing.assert_array_equal(getattr(both, part)[name], values)


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's counters")
def test_pages_that_are_let_go_take_no_memory(tmp_path):
    num_bytes = 2**25
    np.save(tmp_path / "values.npy", np.ones((2**13, 2**10), np.float32))
    values = np.load(tmp_path / "values.npy", mmap_mode="r")
    rows = Split({"values": values}, {"y": np.zeros((2**13, 1), np.float32)})
    process = psutil.Process()
    before = process.memory_info().shared
    assert values.sum() == num_bytes / 4
    assert process.memory_info().shared > before + num_bytes / 2
    rows.let_go()
    assert process.memory_info().shared < before + num_bytes / 2
    assert (values[-1] == 1).all()


def changed(part, name, change):
    values = getattr(SPLIT, part)[name].copy()
    arrays = getattr(SPLIT, part) | {name: change(values)}
    return dataclasses.replace(SPLIT, **{part: arrays})


def with_id(value):
    def change(ids):
        ids[4, 2] = value
        return ids

    return changed("inputs", "ids", change)


@pytest.mark.parametrize("value", [-1, 11])
def test_id_out_of_range_is_located(monkeypatch, value):
    message = rf"in \[0, 11\). Received: id={value} in row 4, column 2"
    for num_rows in (2**18, 3):
        monkeypatch.setattr(split, "CHECKED_ROWS", num_rows)
        monkeypatch.setattr(label_checks, "CHECKED_ROWS", num_rows)
        with pytest.raises(ValueError, match=message):
            with_id(value).check(toy_data.SCHEMA)


@pytest.mark.parametrize("value", [-1, 4, 0.5, np.inf])
@pytest.mark.parametrize("fields", [SCHEMA.fields, SCHEMA.fields[1:2]])
def test_a_label_that_is_no_class_is_located(monkeypatch, value, fields):
    schema = toy_data.CLASS_SCHEMA.without_roles
    schema = dataclasses.replace(schema, fields=fields)
    whole = toy_data.make_split(6, schema)
    inputs = {k: v for k, v in whole.inputs.items() if k in schema.input_widths}
    labels = whole.labels["click"].copy()
    rows = Split(inputs, whole.labels | {"click": labels})
    rows.check(schema)
    labels[4] = value
    message = rf"'click' must be.* in \[0, 4\), or.*: {float(value)} in row 4"
    for num_rows in (2**18, 3):
        monkeypatch.setattr(split, "CHECKED_ROWS", num_rows)
        monkeypatch.setattr(label_checks, "CHECKED_ROWS", num_rows)
        with pytest.raises(ValueError, match=message):
            rows.check(schema)


@pytest.mark.parametrize(
    ("part", "name", "change"),
    [
        ("inputs", "ids", lambda x: x[:5]),
        ("inputs", "ids", lambda x: x[:, :2]),
        ("inputs", "values", lambda x: x[:, :1]),
        ("labels", "stars", lambda x: x[:, 0]),
        ("labels", "stars", lambda x: x[:3]),
    ],
)
def test_wrong_shape_is_refused(part, name, change):
    with pytest.raises(ValueError, match="`inputs` and `labels` must have the"):
        changed(part, name, change).check(toy_data.SCHEMA)


def test_missing_input_is_refused():
    split = Split({"ids": SPLIT.inputs["ids"]}, SPLIT.labels)
    with pytest.raises(ValueError, match="`inputs` and `labels` must have the"):
        split.check(toy_data.SCHEMA)


def test_wrong_tasks_are_refused():
    with pytest.raises(ValueError, match="`labels` must have the schema's tas"):
        SPLIT.check(toy_data.BINARY_SCHEMA)
