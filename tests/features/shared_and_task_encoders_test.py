"""Encoders of all tasks and of each, and their tables in a training."""

import checks
import keras
import numpy as np
import pytest
import toy_data

from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import SharedAndTaskEncoders
from mtnas_tf.models import STEMNet
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import Table

ROWS = toy_data.make_split(6)


def test_each_root_is_its_own_encoder_s():
    encoder = SharedAndTaskEncoders.from_schema(toy_data.SCHEMA, 4)
    encoder.build({name: x.shape for name, x in ROWS.inputs.items()})
    checks.randomize(encoder)
    assert len([w for w in encoder.weights if isinstance(w, Table)]) == 3
    roots = encoder(ROWS.inputs)
    assert set(roots) == {"shared", "tasks"}
    parts = {**encoder.tasks.encoders, "shared": encoder.shared}
    for name, root in {**roots["tasks"], "shared": roots["shared"]}.items():
        np.testing.assert_array_equal(root, parts[name](ROWS.inputs))
    symbols = {
        name: keras.KerasTensor((None, x.shape[1]), x.dtype.name)
        for name, x in ROWS.inputs.items()
    }
    shapes = keras.tree.map_structure(lambda x: x.shape, encoder(symbols))
    inputs = {name: x.shape for name, x in symbols.items()}
    assert encoder.compute_output_shape(inputs) == shapes


def test_config():
    encoder = SharedAndTaskEncoders.from_schema(
        toy_data.SCHEMA, 4, "ones", dtype="mixed_bfloat16"
    )
    config = encoder.get_config()
    copy = SharedAndTaskEncoders.from_config(config)
    assert copy.get_config() == config
    assert copy.shared.dtype_policy.name == "mixed_bfloat16"


@pytest.mark.parametrize("kwargs", [{"shared": "ids"}, {"tasks": "ids"}])
def test_what_is_no_encoder_is_named(kwargs):
    one = FeatureEncoder(num_fields=1, num_values=0, num_buckets=5)
    with pytest.raises(ValueError, match=f"`{next(iter(kwargs))}` must be"):
        SharedAndTaskEncoders(**{"shared": one, "tasks": one, **kwargs})


def test_every_table_trains_by_rows():
    keras.utils.set_random_seed(0)
    model = STEMNet(
        toy_data.SCHEMA,
        hidden_units=(3,),
        gate_units=(2,),
        embedding_dim=2,
        table_initializer="ones",
    )
    model.compile(SparseAdam(0.1), run_eagerly=True, jit_compile=False)
    ids = ROWS.inputs["ids"] % 4
    model.train_on_batch({**ROWS.inputs, "ids": ids}, ROWS.labels)
    assert len(model.tables) == 3
    for table in model.tables:
        assert table.owner is not None
        moved = np.any(table.numpy() != 1, axis=1)
        assert [*np.flatnonzero(moved)] == [*np.unique(ids)]
