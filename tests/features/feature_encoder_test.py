import checks
import numpy as np
import pytest

from mtnas_tf.features import FeatureEncoder

BATCH, FIELDS, FLOATS, BUCKETS, DIM = 4, 3, 2, 7, 5
RNG = np.random.default_rng(0)
IDS = RNG.integers(0, BUCKETS, (BATCH, FIELDS)).astype("int32")
VALUES = RNG.normal(size=(BATCH, FLOATS)).astype("f")
TABLE = {"table": (BUCKETS, DIM)}


def make_encoder(num_fields=FIELDS, num_values=FLOATS, **kwargs):
    return FeatureEncoder(
        num_fields, num_values, BUCKETS, embedding_dim=DIM, **kwargs
    )


@pytest.mark.parametrize(
    ("num_fields", "num_values", "weights"),
    [(FIELDS, FLOATS, TABLE), (FIELDS, 0, TABLE), (0, FLOATS, {})],
)
def test_contract(num_fields, num_values, weights, tmp_path):
    inputs = {"ids": IDS} if num_fields else {}
    inputs |= {"values": VALUES} if num_values else {}
    checks.check_layer(
        FeatureEncoder,
        {
            "num_fields": num_fields,
            "num_values": num_values,
            "num_buckets": BUCKETS,
            "embedding_dim": DIM,
        },
        (inputs,),
        (BATCH, num_fields * DIM + num_values),
        weights,
        path=tmp_path,
    )


def test_concatenates_the_rows_embeddings_then_its_values():
    encoder = make_encoder()
    outputs = encoder({"ids": IDS, "values": VALUES}).numpy()
    table = encoder.table.numpy()
    for row in range(BATCH):
        parts = [table[i] for i in IDS[row]]
        expected = np.concatenate([*parts, VALUES[row]])
        np.testing.assert_array_equal(outputs[row], expected)
    assert encoder.units == outputs.shape[1]


def test_table_starts_small_unless_told_otherwise():
    encoder = FeatureEncoder(1, 0, 1000)
    encoder.build()
    assert 0.9e-4 < encoder.table.numpy().std() < 1.1e-4
    encoder = make_encoder(table_initializer="ones")
    encoder.build()
    assert (encoder.table.numpy() == 1).all()
    config = encoder.get_config()
    copy = FeatureEncoder.from_config(config)
    assert copy.get_config() == config


def test_table_is_marked_for_the_optimizer():
    encoder = make_encoder()
    encoder.build()
    assert encoder.table.is_table


def test_an_encoder_of_nothing_is_refused():
    with pytest.raises(ValueError, match="`num_fields` and `num_values`"):
        make_encoder(0, 0)
