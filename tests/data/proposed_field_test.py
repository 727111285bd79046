import datetime
from decimal import Decimal

import numpy as np
import pytest

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.column_summary import ColumnSummary
from mtnas_tf.data.proposed_field import proposed_field
from mtnas_tf.data.proposed_field import quantile_boundaries

RNG = np.random.default_rng(0)


def propose(values, name="x", num_training=None):
    summary = ColumnSummary(name)
    is_training = np.arange(len(values)) < (num_training or len(values))
    summary.update(list(values), is_training)
    return proposed_field(summary, "bucketize")


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["a", "b", None], {}),
        (["7", "007", "8"], {}),
        (["NA", "DE", ""], {}),
        (["True", "False", ""], {"kind": "integer"}),
        ([True, None], {"kind": "integer"}),
        (["1", "2", "NA"], {"kind": "integer"}),
        ([1.0, 2.0, None], {"kind": "integer"}),
        (["1.0", "2.0", ""], {"kind": "integer"}),
        (["0.5", "NA", "2"], {"kind": "float", "boundaries": (1.25, 2.0)}),
        ([["a"], ["b", "c"]], {"max_length": 2}),
        (["['a']", "['b', 'c']"], {"max_length": 2}),
        (["a|b", "b|a", "a"], {"max_length": 2}),
        ([[1], [2, 3]], {"kind": "integer", "max_length": 2}),
        (["[1]", "[2 3]"], {"kind": "integer", "max_length": 2}),
        ([[0.5, 1], [2, 3]], {"kind": "vector", "size": 2}),
        (["[0.5, 1]", "[2, 3]"], {"kind": "vector", "size": 2}),
        ([str(np.array([0.5, 1])), "[2. 3.]"], {"kind": "vector", "size": 2}),
        ([1, "a", 2.5], {}),
        (["a|b", "b|a", 3], {"max_length": 2}),
        (["[1, null]", "[2]"], {"kind": "integer", "max_length": 2}),
        ([Decimal("6800000000000000001"), None], {"kind": "integer"}),
        ([10**400, 1], {"kind": "integer"}),
    ],
)
def test_kinds(values, expected):
    field = propose(values).field
    if expected.get("kind") == "float":
        assert field.boundaries[-1] == 2.0
        expected = {**expected, "boundaries": field.boundaries}
    assert field == FieldSpec(name="x", **expected)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["2020-01-01", "2020-01-02"], "times"),
        ([None, ""], "no row has a value"),
        ([np.float32(2**25), np.float32(1)], "too large to be exact"),
        ([6.8e18, 6.9e18], "too large to be exact"),
        ([6.8e18, "a"], "too large to be exact, among texts"),
        ([{"a": 1}, {"a": 2}], "neither texts, numbers nor lists"),
        ([["a"], "b"], "neither texts, numbers nor lists"),
        ([[0.5], [0.5, 1]], "floats of 2 lengths"),
        ([[0.5], None], "no float may be missing"),
        ([[0.5], [1e39]], "float32 cannot hold a float"),
        (["a", datetime.date(2020, 1, 1)], "neither texts, numbers nor lists"),
        ([[[1]], [[2]]], "lists of list"),
        ([str(np.arange(2000)), "[1 2]"], "neither texts"),
        ([f"row {i}" for i in range(200)], "nearly every row"),
    ],
)
def test_what_is_left_out(values, why):
    proposal = propose(values)
    assert proposal.field is None
    assert why in proposal.why


@pytest.mark.parametrize(
    ("seen", "later", "kind"),
    [
        ([1, 2, 3], [0.5], "float"),
        (["1", "2"], ["x"], "string"),
        ([[1], [2]], [["a"]], "string"),
    ],
)
def test_kinds_are_of_all_rows(seen, later, kind):
    values = seen + later
    field = propose(values, num_training=len(seen)).field
    assert field.kind == kind
    for value in values:  # none is refused
        list(
            map(field.text, field.items(value) if field.max_length else [value])
        )


def test_zero_has_a_bucket_of_its_own():
    amounts = np.where(RNG.random(9999) < 0.9, 0, RNG.exponential(size=9999))
    edges = np.array(quantile_boundaries(amounts))
    buckets = np.searchsorted(edges, amounts.astype(np.float32), side="right")
    counts = np.bincount(buckets)
    assert counts[0] == (amounts == 0).sum()
    assert len(counts) == 32
    others = counts[1:]
    assert others.min() > 0.8 * others.mean()
    assert others.max() < 1.2 * others.mean()


def test_frequent_values_have_buckets_of_their_own():
    values = np.concatenate(
        [np.full(500, 3.0), np.full(500, 7.0), np.arange(9)]
    )
    edges = quantile_boundaries(values)
    for value in (3.0, 7.0):
        alone = np.searchsorted(edges, values, side="right")
        bucket = np.searchsorted(edges, value, side="right")
        assert set(values[alone == bucket]) == {value}


def test_boundaries_are_the_shortest_decimals_of_a_float32():
    prices = RNG.integers(1, 200, 5000) / 10
    edges = quantile_boundaries(prices.astype(np.float32))
    assert set(edges) <= set(prices) | {edges[0]}
    assert quantile_boundaries(prices) == edges


def test_one_value():
    assert quantile_boundaries(np.full(3, 0.1)) == (0.1,)
    assert propose([0.5, 0.5]).warning == "the same in every training row"


def test_counts_of_the_proposal():
    proposal = propose(["NA", "7", "7", "8", ""])
    assert (proposal.distinct, proposal.missing, proposal.example) == (
        2,
        0.4,
        "7",
    )
