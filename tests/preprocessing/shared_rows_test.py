import numpy as np
import pytest

from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor


@pytest.mark.parametrize("vocabulary", [None, ("a", "b")])
def test_a_list_reads_the_rows_of_another_field(vocabulary):
    fields = [
        FieldSpec(name="watched", max_length=3, rows_of="item"),
        FieldSpec(name="item", vocabulary=vocabulary),
        FieldSpec(name="user"),
    ]
    preprocessor = Preprocessor(fields, 50)
    rows = {"watched": ["a|c", "b"], "item": ["a", "b"], "user": ["a", "b"]}
    ids = preprocessor(rows)["ids"]
    np.testing.assert_array_equal(ids[:, 0], ids[:, 3])
    assert (ids[:, 3] != ids[:, 4]).all()
    alone = Preprocessor(fields[1:], 50)(rows)["ids"]
    np.testing.assert_array_equal(ids[:, 3:], alone)
    again = Preprocessor.from_dict(preprocessor.to_dict())
    assert again.fields == preprocessor.fields


@pytest.mark.parametrize(
    "other",
    [
        FieldSpec(name="itm"),
        FieldSpec(name="item", kind="integer"),
        FieldSpec(name="item", rows_of="user"),
    ],
)
def test_rows_that_cannot_be_shared_are_named(other):
    fields = [FieldSpec(name="seen", rows_of="item"), FieldSpec(name="user")]
    with pytest.raises(ValueError, match="`rows_of` must.*'item' of 'seen'"):
        Preprocessor([*fields, other], 50)
