"""Ids and values of lists, floats and vectors."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from encoded_fields import AGE
from encoded_fields import BUCKETS
from encoded_fields import CITY
from encoded_fields import TAGS
from encoded_fields import VISITS
from encoded_fields import X
from encoded_fields import hashed
from encoded_fields import ids_of

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor


def test_lists_keep_their_last_values_and_are_padded():
    rows = Preprocessor([TAGS], BUCKETS)(
        {"tags": [["a"], ["a", "b", "c", "d"], [], None, ("b", None)]}
    )["ids"]
    a, b, c, d, none = (hashed(TAGS, text) for text in ("a", "b", "c", "d", ""))
    assert rows.dtype == np.int32
    assert rows.tolist() == [
        [a, -1, -1],
        [b, c, d],
        [none, -1, -1],
        [none, -1, -1],
        [b, none, -1],
    ]


@pytest.mark.parametrize(
    "value", [[4, 5], (4, 5), np.array([4, 5]), "4|5", b"4|5", [4.0, "5"]]
)
def test_any_form_of_a_list_gives_the_same_ids(value):
    ids = Preprocessor([VISITS], BUCKETS)({"visits": [value]})["ids"]
    assert ids.tolist() == [[hashed(VISITS, "4"), hashed(VISITS, "5")]]


def test_lists_in_pandas_and_in_rows():
    frame = pd.DataFrame({"tags": [["a", "b"], None], "city": ["x", "y"]})
    preprocessor = Preprocessor([TAGS, CITY], BUCKETS)
    expected = preprocessor({"tags": [["a", "b"], None], "city": ["x", "y"]})
    for form in (frame, frame.to_dict("records")):
        found = preprocessor(form)["ids"]
        np.testing.assert_array_equal(found, expected["ids"])
    assert preprocessor.lengths == (3, 1)
    assert preprocessor.num_ids == 4
    assert preprocessor.may_pad.tolist() == [False, True, True, False]


def test_equal_numbers_have_one_id_in_any_order():
    for pair in ([0.0, -0.0], [Decimal("1.0"), Decimal("1.00")]):
        assert len({*ids_of(CITY, pair), *ids_of(CITY, pair[::-1])}) == 1


def test_buckets_of_a_float():
    price = FieldSpec(name="price", kind="float", boundaries=(0.5, 2.0, 9.0))
    values = [-1e9, 0.49, 0.5, 1.99, "2", 8.0, 9, np.inf, None, np.nan, ""]
    texts = ["0", "0", "1", "1", "2", "2", "3", "3", "", "", ""]
    assert ids_of(price, values) == [hashed(price, text) for text in texts]


def test_a_float_has_one_bucket_in_32_and_in_64_bits():
    rng = np.random.default_rng(0)
    values = rng.integers(1, 200, 2000) / 10
    edges = tuple(np.unique(values)[5::6].tolist())
    price = FieldSpec(name="price", kind="float", boundaries=edges)
    expected = ids_of(price, values)
    single = values.astype(np.float32)
    for form in (single, single.astype(float), single.astype(str), values):
        assert ids_of(price, form) == expected
    assert ids_of(price, pd.Series(single)) == expected


def test_boundaries_that_float32_cannot_tell_apart():
    with pytest.raises(ValueError, match="`boundaries` must increase, as fl"):
        FieldSpec(name="f", kind="float", boundaries=(1.0, 1.0 + 1e-12))


@pytest.mark.parametrize("word", ["NA", "nan", "", None, "NULL"])
def test_words_for_a_missing_number(word):
    price = FieldSpec(name="price", kind="float", boundaries=(0.5,))
    assert ids_of(price, [word]) == ids_of(price, [None])
    assert ids_of(AGE, [word]) == [hashed(AGE, "-1")]
    assert ids_of(CITY, [word]) == [hashed(CITY, word or "")]


@pytest.mark.parametrize(
    "vector", [[1, 2.5], "1|2.5", "[1, 2.5]", "[1.  2.5]", np.array([1, 2.5])]
)
def test_any_form_of_a_vector_gives_the_same_floats(vector):
    values = Preprocessor([X], BUCKETS)({"x": [vector, [1.0, 2.5]]})["values"]
    np.testing.assert_array_equal(values, [[1, 2.5], [1, 2.5]])


def test_standardized_float():
    price = FieldSpec(name="price", kind="float", mean=3.0, scale=2.0)
    arrays = Preprocessor([price, X], BUCKETS)(
        {"price": [7, "4", None, np.nan, ""], "x": [[1.0, 2.0]] * 5}
    )
    assert arrays.keys() == {"values"}
    assert arrays["values"].dtype == np.float32
    np.testing.assert_array_equal(
        arrays["values"], [[v, 1, 2] for v in (2.0, 0.5, 0.0, 0.0, 0.0)]
    )


@pytest.mark.parametrize(
    "vectors",
    [
        [[1.0, 2.0], [3.0]],
        [[1.0, 2.0, 3.0]],
        [[1.0, np.nan]],
        [[1.0, np.inf]],
        [["a", "b"]],
        [None],
        [[[1.0], [2.0]]],
    ],
)
def test_wrong_vector_is_named(vectors):
    with pytest.raises(ValueError, match="Field `x` must hold 2 finite floats"):
        Preprocessor([X], 5)({"x": vectors})
