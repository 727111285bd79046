"""The encoder that tells the domain of each row."""

import keras
import numpy as np
import pytest
import toy_roles

from mtnas_tf.features import DomainEncoder
from mtnas_tf.features import FeatureEncoder

SCHEMA = toy_roles.SCHEMA
INPUTS = toy_roles.make_split(9).inputs
SHAPES = {name: x.shape for name, x in INPUTS.items()}
ONE = FeatureEncoder(num_fields=1, num_values=0, num_buckets=5)


def test_domains_are_those_of_the_schema():
    encoder = DomainEncoder.from_schema(SCHEMA, 4)
    encoder.build(SHAPES)
    ids = INPUTS["ids"].copy()
    ids[-1, 5] = 16  # of another field
    roots = encoder({**INPUTS, "ids": ids})
    expected = np.eye(toy_roles.NUM_DOMAINS)[SCHEMA.domains.indices(ids)]
    np.testing.assert_array_equal(roots["domain"], expected)
    assert expected.any(axis=0).all()
    np.testing.assert_array_equal(
        roots["root"], encoder.encoder({**INPUTS, "ids": ids})
    )
    shapes = {name: tuple(x.shape) for name, x in roots.items()}
    assert encoder.compute_output_shape(SHAPES) == shapes


def test_config():
    encoder = DomainEncoder.from_schema(SCHEMA, 4, dtype="mixed_bfloat16")
    config = encoder.get_config()
    copy = DomainEncoder.from_config(config)
    assert copy.get_config() == config
    assert copy.encoder.dtype_policy.name == "mixed_bfloat16"
    assert keras.backend.standardize_dtype(copy.compute_dtype) == "bfloat16"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": "ids"}, "`encoder` must be"),
        ({"num_domains": 0}, "`num_domains` must be.*=0"),
        ({"column": -1}, "`column` must be.*=-1"),
        ({"first_id": 0.5}, "`first_id` must be.*=0.5"),
    ],
)
def test_a_wrong_argument_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        DomainEncoder(**{"encoder": ONE, "num_domains": 2, **change})


def test_a_schema_that_lists_no_domains_is_refused():
    with pytest.raises(ValueError, match="`domain` must name.*domain=None"):
        DomainEncoder.from_schema(SCHEMA.without_roles)
