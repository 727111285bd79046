import pytest

from mtnas_preprocessing import FieldSpec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "text"}, "`kind` must be one of.*kind='text'"),
        ({"kind": "vector", "size": 0}, "`size` must be positive.*size=0"),
        ({"kind": "string", "size": 2}, "`size` must.*size=2, kind='string'"),
        ({"kind": "integer", "size": 3}, "`size` must.*kind='integer'"),
        ({"max_length": 0}, "`max_length` must be positive.*max_length=0"),
        ({"kind": "float", "max_length": 2}, "`max_length` .*kind='float'"),
        ({"vocabulary": ("a", "a")}, "`vocabulary` must hold.*2 texts, 1 of"),
        ({"vocabulary": ("7", "7.0")}, "`vocabulary` must hold.*2 texts, 1 of"),
        ({"vocabulary": (1, 2)}, "`vocabulary` must hold texts.*1 among them"),
        ({"vocabulary": "abc"}, "`vocabulary` must be a list of texts.*'abc'"),
        ({"kind": "float", "vocabulary": ()}, "`vocabulary` .*kind='float'"),
        ({"kind": "vector", "rows_of": "g"}, "`rows_of` must.*kind='vector'"),
        ({"vocabulary": ("a",), "rows_of": "g"}, "`rows_of` must.*'g'"),
        ({"boundaries": (1.0,)}, r"`boundaries` .*\(1.0,\), kind='string'"),
        ({"kind": "float", "boundaries": (1, 1)}, "`boundaries` must increase"),
        ({"kind": "float", "scale": 0}, "`scale` must be positive.*scale=0"),
        ({"kind": "vector", "mean": 1}, "`mean` and `scale` .*mean=1"),
        (
            {"kind": "float", "boundaries": (1,), "scale": 2},
            "`mean` and `scale` .*scale=2",
        ),
    ],
)
def test_wrong_argument_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        FieldSpec(name="f", **change)


def test_defaults():
    assert (FieldSpec(name="f").kind, FieldSpec(name="f").size) == ("string", 1)


@pytest.mark.parametrize(
    ("kwargs", "num_ids", "num_values"),
    [
        ({"kind": "string"}, 1, 0),
        ({"kind": "integer", "max_length": 4}, 4, 0),
        ({"kind": "float", "boundaries": (0.5,)}, 1, 0),
        ({"kind": "float"}, 0, 1),
        ({"kind": "vector", "size": 3}, 0, 3),
    ],
)
def test_columns_that_a_field_becomes(kwargs, num_ids, num_values):
    field = FieldSpec(name="f", **kwargs)
    assert (field.num_ids, field.num_values) == (num_ids, num_values)
    assert field.is_embedded == (num_ids > 0)


def test_lists_of_json_are_tuples():
    field = FieldSpec(name="f", kind="float", boundaries=[0.5, 2])
    assert field == FieldSpec(name="f", kind="float", boundaries=(0.5, 2))
    field = FieldSpec(name="f", vocabulary=["a"])
    assert hash(field) == hash(FieldSpec(name="f", vocabulary=("a",)))
