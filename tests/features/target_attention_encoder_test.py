import dataclasses

import checks
import keras
import numpy as np
import pytest
import toy_data
import toy_roles
from tolerances import assert_near

from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import TargetAttentionEncoder
from mtnas_tf.layers import SharedBottom
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.optimizers import SparseAdam

SCHEMA = toy_roles.SCHEMA
ROWS = toy_roles.make_split(6)
WIDTHS = {"user": 2, "seen": 3, "item": 4, "tab": 1}


def make(**kwargs):
    keras.utils.set_random_seed(0)
    encoder = TargetAttentionEncoder.from_schema(
        SCHEMA, WIDTHS, hidden_units=(2,), **kwargs
    )
    body = SharedBottom(SCHEMA.task_names, hidden_units=(3,))
    return MultiTaskModel(SCHEMA, body, encoder)


def test_the_item_asks_what_was_seen():
    encoder = make().encoder
    checks.randomize(encoder)
    outputs = encoder(ROWS.inputs).numpy()
    table, ids = encoder.table.numpy(), ROWS.inputs["ids"]
    is_value = ids[:, 1:4] >= 0
    assert not is_value.all()
    keys = table[np.where(is_value, ids[:, 1:4], 0)][..., :3]
    expected = encoder.attentions[0](table[ids[:, 4]], keys, is_value)
    assert_near(outputs[:, 2:5], expected)
    plain = FeatureEncoder.from_schema(SCHEMA, WIDTHS)
    plain.build()
    plain.table.assign(table)
    others = [0, 1, *range(5, encoder.units)]
    np.testing.assert_array_equal(
        outputs[:, others], plain(ROWS.inputs).numpy()[:, others]
    )


def test_only_rows_of_the_batch_are_trained():
    model = make(table_initializer="ones", normalization="softmax")
    model.compile(SparseAdam(0.1), run_eagerly=True, jit_compile=False)
    ids = np.where(ROWS.inputs["ids"] < 9, ROWS.inputs["ids"], 9)
    model.train_on_batch({**ROWS.inputs, "ids": ids}, ROWS.labels)
    (table,) = model.tables
    moved = np.flatnonzero(np.any(table.numpy() != 1, axis=1))
    assert set(moved) == set(ids[ids >= 0])


def test_a_list_of_one_value_is_asked_too():
    sizes = {"num_fields": 2, "num_values": 0, "num_buckets": 5}
    encoder = TargetAttentionEncoder([(1, 0)], **sizes, embedding_dim=3)
    encoder.build()
    checks.randomize(encoder)
    outputs = encoder({"ids": np.array([[2, 4]])}).numpy()
    target, key = encoder.table.numpy()[[[2], [4]]]
    expected = encoder.attentions[0](target, key[None], np.ones((1, 1), bool))
    assert_near(outputs[:, 3:], expected)


@pytest.mark.parametrize("pair", [(0, 1), (1, 4), (4, 0), (2, 2)])
def test_what_cannot_be_asked_is_named(pair):
    with pytest.raises(ValueError, match=r"`sequences` must.*lengths=\(1, 3,"):
        TargetAttentionEncoder([pair], 4, 0, 9, lengths=(1, 3, 1, 1))


def test_a_schema_without_sequences_is_refused():
    with pytest.raises(ValueError, match="`schema` must have `sequences`"):
        TargetAttentionEncoder.from_schema(toy_data.SCHEMA)


def test_an_item_and_what_was_seen_may_share_rows():
    fields = tuple(
        dataclasses.replace(field, rows_of="item")
        if field.name == "seen"
        else field
        for field in SCHEMA.fields
    )
    schema = dataclasses.replace(SCHEMA, fields=fields)
    rows = {"user": ["u"], "seen": ["i"], "item": ["i"], "tab": ["home"]}
    inputs = schema.preprocessor({**rows, "x": [[0.0, 0.0]]})
    encoder = TargetAttentionEncoder.from_schema(schema, 4)
    encoder.build()
    encoder.attentions[0].score.kernel.assign(np.zeros((36, 1)))
    encoder.attentions[0].score.bias.assign([2.0])
    root = encoder(inputs).numpy()[0]
    assert_near(root[4:8], 2 * root[8:12])
