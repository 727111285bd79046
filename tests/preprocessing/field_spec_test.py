import pytest

from mtnas_preprocessing import FieldSpec


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kind": "float"}, "`kind` must be one of.*kind='float'"),
        ({"kind": "vector", "size": 0}, "`size` must be positive.*size=0"),
        ({"kind": "string", "size": 2}, "`size` must.*size=2, kind='string'"),
        ({"kind": "integer", "size": 3}, "`size` must.*kind='integer'"),
    ],
)
def test_wrong_argument_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        FieldSpec(name="f", **change)


def test_defaults():
    assert (FieldSpec(name="f").kind, FieldSpec(name="f").size) == ("string", 1)
