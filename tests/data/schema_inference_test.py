import numpy as np
import pandas as pd
import pytest

from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.data import infer_schema

FRAME = pd.DataFrame(
    {
        "city": ["paris", None, "rome", "paris"],
        "age": [34, 51, 18, 34],
        "visits": [3, None, 4, 3],  # a float because one is missing
        "price": [0.5, 2.25, np.nan, 9.75],
        "is_new": [True, False, True, True],
        "tags": [["a", "b"], [], None, ["b"]],
        "seen": [[1], [2, 3], np.array([4]), [5]],
        "when": pd.to_datetime(["2020-01-01"] * 4),
        "click": [1, 0, None, 1],
        "stars": [3, 1, 5, 2],
    }
)
TASKS = ["click", "stars"]


def infer(frame=FRAME, tasks=TASKS, exclude=("when",), **kwargs):
    return infer_schema(frame, tasks, exclude=exclude, **kwargs)


def field(name, **kwargs):
    (found,) = (f for f in infer(**kwargs).fields if f.name == name)
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("city", {}),
        ("age", {"kind": "integer"}),
        ("visits", {"kind": "integer"}),
        ("is_new", {"kind": "integer"}),
        ("tags", {"max_length": 2}),
        ("seen", {"kind": "integer", "max_length": 2}),
    ],
)
def test_kind_of_a_column(name, expected):
    assert field(name) == FieldSpec(name=name, **expected)


def test_columns_in_order_without_tasks_and_excluded():
    names = [f.name for f in infer().fields]
    assert names == [c for c in FRAME if c not in (*TASKS, "when")]


def test_tasks():
    assert infer().tasks == (
        TaskSpec(name="click"),
        TaskSpec(
            name="stars",
            kind="regression",
            mean=FRAME.stars.mean(),
            scale=FRAME.stars.std(ddof=0),
        ),
    )


def test_floats_are_cut_at_quantiles():
    prices = np.random.default_rng(0).exponential(size=5000)
    frame = pd.DataFrame({"price": prices, "click": 1})
    (found,) = infer(frame, ["click"], ()).fields
    assert found.kind == "float"
    assert len(found.boundaries) == 31
    expected = np.quantile(prices, np.arange(1, 32) / 32)
    # Numbers are compared as float32.
    eps = np.finfo(np.float32).eps
    np.testing.assert_allclose(found.boundaries, expected, rtol=2 * eps)


def test_few_floats_have_few_buckets():
    assert len(field("price").boundaries) < 32
    assert len(set(field("price").boundaries)) == len(field("price").boundaries)


def test_standardized_floats():
    found = field("price", floats="standardize")
    known = FRAME.price.dropna()
    assert found.mean == pytest.approx(known.mean())
    assert found.scale == pytest.approx(known.std(ddof=0))


def test_a_list_is_no_longer_than_most():
    frame = pd.DataFrame({"tags": [["a"]] * 98 + [["a"] * 9] * 2, "click": 1})
    (found,) = infer(frame, ["click"], ()).fields
    assert found.max_length == 1
    frame = pd.DataFrame({"tags": [["a"] * 50] * 5, "click": 1})
    (found,) = infer(frame, ["click"], ()).fields
    assert found.max_length == 20


def test_frequent_values_are_a_vocabulary():
    assert field("city", min_count=2).vocabulary == ("paris",)
    assert field("age", min_count=2).vocabulary == ("34",)
    assert field("tags", min_count=2).vocabulary == ("b", "")
    assert field("price", min_count=1).vocabulary is None
    assert field("city").vocabulary is None


def test_size_of_the_table():
    assert infer().num_buckets == 1000  # the least
    users = [f"u{i}" for i in range(700)] * 2
    frame = pd.DataFrame({"user": users, "click": 1})
    assert infer(frame, ["click"], ()).num_buckets == 7000
    assert infer(num_buckets=50).num_buckets == 50


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"tasks": ["clicks"]}, r"must name columns.*\['clicks'\], with col"),
        ({"tasks": ["city"], "exclude": ["when"]}, "Column `city` must hold n"),
        ({"floats": "log"}, "`floats` must be one of.*floats='log'"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        infer(**kwargs)


def test_what_is_left_out_is_said():
    with pytest.warns(UserWarning, match="left out.*`when` .times: split by"):
        fields = infer(exclude=()).fields
    assert "when" not in [f.name for f in fields]
