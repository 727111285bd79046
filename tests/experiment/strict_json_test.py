import json

import pytest

from mtnas_tf.experiment.strict_json import strict_json


def refuse(constant):
    raise AssertionError(constant)


def test_numbers_that_are_not_finite_become_null():
    value = {
        "nan": float("nan"),
        "rows": [{"inf": float("inf")}, (1, 2.5, -float("inf"))],
        "text": "NaN",
        "none": None,
        "flag": True,
    }
    assert json.loads(strict_json(value), parse_constant=refuse) == {
        "nan": None,
        "rows": [{"inf": None}, [1, 2.5, None]],
        "text": "NaN",
        "none": None,
        "flag": True,
    }


def test_what_json_cannot_hold():
    with pytest.raises(TypeError, match="not JSON serializable"):
        strict_json({"value": object()})
