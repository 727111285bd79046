import checks
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.features import FeatureEncoder
from mtnas_tf.optimizers import Table

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


def test_table_is_one_for_the_optimizer():
    encoder = make_encoder()
    encoder.build()
    assert isinstance(encoder.table, Table)
    assert encoder.table.path == f"{encoder.name}/table"
    assert encoder.trainable_weights == [encoder.table]


LENGTHS = (2, 1, 3)
LISTS = np.array(
    [
        [0, -1, 4, 1, 1, 2],
        [3, 5, 2, 6, -1, -1],
        [6, 6, 0, 5, 3, -1],
        [1, -1, 1, 2, -1, -1],
    ],
    "int32",
)


def pooled(table, ids):
    """The root feature of lists, row by row."""
    cuts = np.cumsum(LENGTHS)[:-1]
    return np.array(
        [
            np.concatenate(
                [table[part[part >= 0]].mean(axis=0) for part in parts]
            )
            for parts in (np.split(row, cuts) for row in ids)
        ]
    )


def test_contract_of_lists(tmp_path):
    checks.check_layer(
        FeatureEncoder,
        {
            "num_fields": 3,
            "num_values": FLOATS,
            "num_buckets": BUCKETS,
            "embedding_dim": DIM,
            "lengths": LENGTHS,
        },
        ({"ids": LISTS, "values": VALUES},),
        (BATCH, 3 * DIM + FLOATS),
        TABLE,
        path=tmp_path,
    )


@pytest.mark.parametrize("jit_compile", [False, True])
def test_lists_are_means_of_embeddings(jit_compile):
    encoder = make_encoder(lengths=LENGTHS, table_initializer="normal")
    encoder.build()

    @tf.function(jit_compile=jit_compile)
    def run(ids):
        with tf.GradientTape() as tape:
            outputs = encoder({"ids": ids, "values": VALUES})
            loss = tf.reduce_sum(outputs * weights)
        gradient = tape.gradient(loss, encoder.table.value)
        return outputs, tf.convert_to_tensor(gradient)

    weights = RNG.normal(size=(BATCH, 3 * DIM + FLOATS)).astype("f")
    outputs, gradient = run(LISTS)
    expected = pooled(encoder.table.numpy(), LISTS)
    assert_near(outputs[:, :-FLOATS], expected)
    np.testing.assert_array_equal(outputs[:, -FLOATS:], VALUES)
    for row in range(BUCKETS):  # the mean is linear in the table
        table = np.zeros((BUCKETS, DIM))
        table[row] = 1
        slopes = pooled(table, LISTS) * weights[:, :-FLOATS]
        slopes = slopes.reshape(BATCH, 3, DIM).sum(axis=(0, 1))
        assert_near(gradient[row], slopes)


def test_padding_touches_no_row_of_its_own():
    encoder = make_encoder(num_values=0, lengths=LENGTHS)
    encoder.build()
    with tf.GradientTape() as tape:
        outputs = encoder({"ids": LISTS[[1, 3]]})
    gradient = tape.gradient(outputs, encoder.table.value)
    assert set(gradient.indices.numpy()) == {1, 2, 3, 5, 6}


@pytest.mark.parametrize("lengths", [(1, 2), (1, 0, 2)])
def test_wrong_lengths(lengths):
    with pytest.raises(ValueError, match="`lengths` must"):
        make_encoder(lengths=lengths)


def test_an_encoder_of_nothing_is_refused():
    with pytest.raises(ValueError, match="`num_fields` and `num_values`"):
        make_encoder(0, 0)


def test_other_columns_than_the_fields_are_named():
    # A reshape would cut two rows of three columns into three rows of two.
    with pytest.raises(ValueError, match=r"`ids` must have .*\(batch, 2\)"):
        FeatureEncoder(2, 0, BUCKETS)({"ids": IDS})
    with pytest.raises(ValueError, match=r"`ids` must have .*\(batch, 4\)"):
        FeatureEncoder(3, 0, BUCKETS, lengths=(1, 2, 1))({"ids": IDS})
    with pytest.raises(ValueError, match=r"`values` must have .*\(batch, 1\)"):
        FeatureEncoder(0, 1, BUCKETS)({"values": VALUES})
