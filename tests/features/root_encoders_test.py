import checks
import numpy as np
import pytest
import toy_data

from mtnas_tf.features import RootEncoders

INPUTS = toy_data.make_split(6).inputs


def test_each_root_is_of_a_table_of_its_own():
    encoder = RootEncoders.from_schema(toy_data.SCHEMA, 4, num_roots=3)
    encoder.build({name: x.shape for name, x in INPUTS.items()})
    checks.randomize(encoder)
    roots = encoder(INPUTS)
    assert list(roots) == ["root", "root2", "root3"]
    assert len({id(each.table) for each in encoder.encoders.values()}) == 3
    for name, root in roots.items():
        assert root.shape == (6, encoder.units)
        own = encoder.encoders[name](INPUTS)
        np.testing.assert_array_equal(root, own)


def test_config():
    encoder = RootEncoders.from_schema(toy_data.SCHEMA, 4, "ones")
    copy = RootEncoders.from_config(encoder.get_config())
    assert copy.get_config() == encoder.get_config()
    assert copy.first.embedding_dim == 4


def test_wrong_number_is_named():
    with pytest.raises(ValueError, match="`num_roots` must.*num_roots=0"):
        RootEncoders.from_schema(toy_data.SCHEMA, num_roots=0)
