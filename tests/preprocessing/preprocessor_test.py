import json
import subprocess
import sys
import textwrap
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
from mtnas_preprocessing.hashing import bucket_id

Z = FieldSpec(name="z", kind="vector")


def test_known_ids():
    # Saved models rely on these numbers: never change them.
    assert ids_of(CITY, ["paris", "", None]) == [678029, 615377, 615377]
    assert ids_of(AGE, [34, -1]) == [32690, 143785]


def test_strings_and_bytes_are_the_same():
    names = ["paris", "Zürich", "夢"]
    expected = [hashed(CITY, name) for name in names]
    assert ids_of(CITY, names) == expected
    assert ids_of(CITY, [name.encode() for name in names]) == expected
    assert ids_of(CITY, np.array(names)) == expected
    assert ids_of(CITY, np.array(names, object)) == expected


@pytest.mark.parametrize(
    "missing", [None, float("nan"), np.float32("nan"), pd.NA, pd.NaT]
)
def test_missing_is_a_category(missing):
    assert ids_of(CITY, ["a", missing])[1] == hashed(CITY, "")
    assert ids_of(AGE, [3, missing])[1] == hashed(AGE, "-1")


def test_missing_in_pandas_columns():
    for column in (
        pd.Series(["a", None]),
        pd.Series(["a", pd.NA], dtype="string"),
        pd.Series(["a", None], dtype="category"),
    ):
        assert ids_of(CITY, column) == [hashed(CITY, "a"), hashed(CITY, "")]
    for column in (
        pd.Series([3, None]),
        pd.Series([3, None], dtype="Int64"),
        np.array([3.0, np.nan]),
    ):
        assert ids_of(AGE, column) == [hashed(AGE, "3"), hashed(AGE, "-1")]


def test_empty_text_of_an_integer_is_missing():
    assert ids_of(AGE, ["", b""]) == [hashed(AGE, "-1")] * 2


@pytest.mark.parametrize(
    "value",
    ["34", 34, 34.0, "34.0", b"34", " 34", np.int8(34), np.float32(34)],
)
def test_one_integer_has_one_id(value):
    assert ids_of(AGE, [value]) == [hashed(AGE, "34")]


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, -(2**63), 10**30])
def test_large_integers_are_exact(number):
    expected = [hashed(AGE, str(number))]
    assert ids_of(AGE, [number]) == ids_of(AGE, [str(number)]) == expected
    if abs(number) < 2**63:
        assert ids_of(AGE, np.array([number])) == expected
        assert ids_of(AGE, pd.Series([number])) == expected


@pytest.mark.parametrize(
    "value",
    [7, 7.0, "7", "7.0", b"7.0", np.int8(7), np.float32(7), Decimal("7.00")],
)
def test_one_whole_number_has_one_id_as_a_string(value):
    expected = [hashed(CITY, "7")]
    assert ids_of(CITY, [value]) == expected
    # pandas makes floats of integers beside a gap.
    assert ids_of(CITY, pd.Series([value, None]))[:1] == expected
    known = FieldSpec(name="city", vocabulary=("a", "7.0"))
    assert ids_of(known, [value]) == [1]


def test_a_string_that_may_have_been_another_number_is_refused():
    ids = pd.Series([2**60 + 1, None])
    with pytest.raises(ValueError, match="Row 0: Field `city` must hold.*e.18"):
        ids_of(CITY, ids)


def test_an_id_does_not_depend_on_the_rows_beside_it():
    # All equal as keys of a dict.
    values = [1, 1.0, True, "1"]
    alone = [ids_of(CITY, [value])[0] for value in values]
    assert ids_of(CITY, values) == alone
    assert ids_of(CITY, values[::-1]) == alone[::-1]


def test_a_vocabulary_owns_rows_of_the_table():
    city = FieldSpec(name="city", vocabulary=("paris", "rome"))
    age = FieldSpec(name="age", kind="integer", vocabulary=("3",))
    preprocessor = Preprocessor([city, AGE], 50)
    cities = ["rome", "paris", "oslo", None]
    ids = preprocessor({"city": cities, "age": [3] * 4})["ids"]
    assert ids[:, 0].tolist() == [1, 0, 2, 2]
    assert ids[0, 1] == 3 + bucket_id("age", "3", 47)
    both = Preprocessor([city, age], 6)
    ids = both({"city": ["rome", "oslo"], "age": ["3.0", 4]})["ids"]
    assert ids.tolist() == [[1, 3], [2, 4]]
    with pytest.raises(ValueError, match="`num_buckets` must exceed.* 5.*=5"):
        Preprocessor([city, age], 5)


def test_any_form_of_rows_gives_the_same_arrays():
    preprocessor = Preprocessor([X, CITY, Z, AGE], 50)
    columns = {
        "age": [3, 4, 5],
        "city": ["a", "b", None],
        "x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]],
        "z": [7.0, 8.0, 9.0],
        "unused": [object()] * 3,
    }
    rows = [{name: v[i] for name, v in columns.items()} for i in range(3)]
    del rows[2]["city"]
    expected = preprocessor(columns)
    assert expected["ids"].shape == (3, 2)
    np.testing.assert_array_equal(
        expected["values"], [[1, 2, 7], [3, 4, 8], [5, 6, 9]]
    )
    assert expected["values"].dtype == np.float32
    arrays = {name: np.array(v, object) for name, v in columns.items()}
    arrays["x"] = np.array(columns["x"])
    for form in (pd.DataFrame(columns), rows, tuple(rows), arrays):
        found = preprocessor(form)
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)
    assert preprocessor.num_values == 3
    assert preprocessor.id_fields == (CITY, AGE)


@pytest.mark.parametrize(
    ("fields", "shapes"),
    [
        ([CITY, X], {"ids": (0, 1), "values": (0, 2)}),
        ([CITY], {"ids": (0, 1)}),
        ([X], {"values": (0, 2)}),
    ],
)
def test_no_rows(fields, shapes):
    arrays = Preprocessor(fields, 5)([])
    assert {name: values.shape for name, values in arrays.items()} == shapes


def test_dict_round_trip():
    preprocessor = Preprocessor([CITY, X], 7)
    data = json.loads(json.dumps(preprocessor.to_dict()))
    copy = Preprocessor.from_dict(data)
    assert (copy.fields, copy.num_buckets) == ((CITY, X), 7)
    fields = (
        VISITS,
        FieldSpec(name="p", kind="float", boundaries=(1.0, 2.0)),
        FieldSpec(name="q", kind="float", mean=1.0, scale=2.0),
        FieldSpec(name="v", vocabulary=("a", "b")),
    )
    data = json.loads(json.dumps(Preprocessor(fields, 7).to_dict()))
    assert Preprocessor.from_dict(data).fields == fields
    with pytest.raises(ValueError, match="`hash` must be.*hash='sha1'"):
        Preprocessor.from_dict(data | {"hash": "sha1"})


@pytest.mark.parametrize(
    ("fields", "num_buckets", "message"),
    [
        ([], 5, r"`fields` must hold at least one.*fields=\[\]"),
        ([CITY, CITY], 5, "`fields` must.*'city', 'city'"),
        ([CITY], 0, "`num_buckets` must lie in.*num_buckets=0"),
        ([CITY], 2**31, "`num_buckets` must lie in.*num_buckets=2147483648"),
    ],
)
def test_wrong_argument_is_named(fields, num_buckets, message):
    with pytest.raises(ValueError, match=message):
        Preprocessor(fields, num_buckets)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ({"age": [1]}, r"`rows` must hold every field. Missing: \['city'\]"),
        ([{"age": 1}], r"Missing: \['city'\]"),
        (
            {"age": [1, 2], "city": ["a"]},
            "`rows` must hold the same number of rows.*'age': 2",
        ),
        ({"age": ["x"], "city": ["a"]}, "`age` must hold integers.*'x'"),
        ({"age": ["1_0"], "city": ["a"]}, "`age` must hold integers.*'1_0'"),
        ({"age": [3.5], "city": ["a"]}, "`age` must hold integers.*3.5"),
        ({"age": ["3.5"], "city": ["a"]}, "`age` must hold integers.*'3.5'"),
        ({"age": [np.inf], "city": ["a"]}, "`age` must hold integers.*inf"),
        ({"age": [1], "city": [b"\xff"]}, "`city` must hold UTF-8 text"),
        ({"age": [1], "city": [["a"]]}, "`city` must hold one value a row"),
        (
            {"age": 1, "city": "paris"},
            "`rows` must be a list of dicts.*'paris'",
        ),
        ({"age": [1], "city": "p"}, "`rows` must be a list of.*'city': 'p'"),
        (["paris"], "`rows` must hold a dict for each row.*'paris'"),
        ({"age": {0: 1}, "city": {0: "p"}}, "`rows` must be a list of.*{0: 1}"),
        (
            pd.Series({"age": 1, "city": "p"}),
            "`rows` must be.*: Series",
        ),
        (np.array(["p"]), "`rows` must be a list.*Received: ndarray"),
        (
            pd.DataFrame([[1, "p", "q"]], columns=["age", "city", "city"]),
            r"must have distinct columns.*\['city'\] more than once",
        ),
        ({"age": [2.0**60], "city": ["a"]}, "`age` must hold integers"),
        (
            {"age": [1], "city": np.array(["2020-01-01"], "datetime64[D]")},
            "`city` must hold UTF-8 text",
        ),
    ],
)
def test_wrong_rows_are_named(rows, message):
    with pytest.raises(ValueError, match=message):
        Preprocessor([CITY, AGE], 5)(rows)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        (TAGS, {"a": 1}, "`tags` must hold lists. Received: {'a': 1}"),
        (VISITS, ["a"], "`visits` must hold integers. Received: 'a'"),
        (FieldSpec(name="p", kind="float"), "x", "`p` must hold numbers.*'x'"),
        (
            FieldSpec(name="p", kind="float"),
            np.inf,
            "`p` .*finite numbers.*inf",
        ),
        (
            FieldSpec(name="p", kind="float", boundaries=(1.0,)),
            "many",
            "`p` must hold numbers.*'many'",
        ),
    ],
)
def test_wrong_values_are_named(field, value, message):
    with pytest.raises(ValueError, match=message):
        Preprocessor([field], 5)({field.name: [value]})


def test_needs_numpy_alone():
    code = """
        import sys

        class Blocker:
            def find_spec(self, name, path=None, target=None):
                root = name.partition(".")[0]
                if root in {"tensorflow", "keras", "pandas", "pyarrow"}:
                    raise ImportError(name)

        sys.meta_path.insert(0, Blocker())
        from mtnas_preprocessing import FieldSpec, Preprocessor

        fields = [FieldSpec(name="city")]
        print(Preprocessor(fields, 1_000_000)({"city": ["paris"]})["ids"])
    """
    result = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout == "[[678029]]\n"


def test_a_fields_columns_follow_those_of_the_lists_before_it():
    preprocessor = Preprocessor(
        [
            CITY,
            X,
            FieldSpec(name="likes", max_length=3),
            AGE,
            FieldSpec(name="seen", max_length=2),
        ],
        BUCKETS,
    )
    columns = {
        field.name: preprocessor.id_columns(field.name)
        for field in preprocessor.id_fields
    }
    assert columns == {
        "city": slice(0, 1),
        "likes": slice(1, 4),
        "age": slice(4, 5),
        "seen": slice(5, 7),
    }
    row = {"city": "a", "x": [1, 2], "likes": ["b"], "age": 3, "seen": []}
    ids = preprocessor([row])["ids"]
    assert ids[:, columns["age"]] == [[hashed(AGE, "3")]]
    with pytest.raises(ValueError, match=r"`name` must be.*name='x'"):
        preprocessor.id_columns("x")
