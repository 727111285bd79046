import dataclasses

import numpy as np
import pytest
import toy_data

from mtnas_tf.data import Split

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
def test_id_out_of_range_is_located(value):
    message = rf"in \[0, 11\). Received: id={value} in row 4, column 2"
    with pytest.raises(ValueError, match=message):
        with_id(value).check(toy_data.SCHEMA)


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
