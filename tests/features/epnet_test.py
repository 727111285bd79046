"""Gates of a domain on features, and the encoders that have them."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from checks import relu
from checks import sigmoid
from tolerances import assert_near

from mtnas_tf.features import EPNet
from mtnas_tf.features import EPNetEncoder
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import GateNU
from mtnas_tf.features import PEPNetEncoder
from mtnas_tf.layers import MMoE
from mtnas_tf.models import MultiTaskModel

ROWS, ROOT_UNITS, DOMAIN = 6, 7, (4, 6)
ROOT = np.random.default_rng(0).normal(size=(ROWS, ROOT_UNITS)).astype("f")
SPLIT = toy_data.make_split(ROWS)
SHAPES = {name: x.shape for name, x in SPLIT.inputs.items()}
# Behind wider ones, gates of random weights are wide open.
SMALL = {"embedding_dim": 3, "gate_units": (2,)}


def gate_nu(gate, inputs):
    """Row by row, as the paper writes it."""
    rows = []
    for x in inputs:
        for layer in gate.hidden:
            x = relu(x @ layer.kernel.numpy() + layer.bias.numpy())
        last = gate.output_layer
        x = x @ last.kernel.numpy() + last.bias.numpy()
        rows.append(gate.gamma * sigmoid(x))
    return np.array(rows)


def new_epnet():
    epnet = EPNet(DOMAIN, gate_units=(3,))
    epnet.build(ROOT.shape)
    checks.randomize(epnet)
    return epnet


def encoder_of(cls):
    encoder = cls.from_schema(toy_data.SCHEMA, **SMALL)
    encoder.build(SHAPES)
    checks.randomize(encoder)
    return encoder


def test_gate_nu():
    gate = GateNU(4, (5, 3), gamma=3.0)
    gate.build(ROOT.shape)
    checks.randomize(gate)
    assert_near(gate(ROOT), gate_nu(gate, ROOT))
    assert gate.count_params() == 7 * 5 + 5 + 5 * 3 + 3 + 3 * 4 + 4
    assert gate.compute_output_shape(ROOT.shape) == (ROWS, 4)
    config = gate.get_config()
    assert GateNU.from_config(config).get_config() == config


def test_epnet_scales_features():
    epnet = new_epnet()
    known = np.concatenate([ROOT[:, 4:6], ROOT], axis=1)
    expected = gate_nu(epnet.gate, known) * ROOT
    assert_near(epnet(ROOT), expected)
    assert np.ptp(expected / ROOT) > 0.05


def test_a_gate_trains_no_feature_but_the_domain():
    epnet = new_epnet()
    root = tf.constant(ROOT)
    with tf.GradientTape() as tape:
        tape.watch(root)
        scaled = epnet(root)
    slopes = tape.gradient(scaled, root).numpy()
    factors = epnet(ROOT).numpy() / ROOT
    # Elsewhere the slope is the factor itself.
    assert_near(np.delete(slopes, [4, 5], 1), np.delete(factors, [4, 5], 1))
    assert (np.abs(slopes - factors)[:, 4:6] > 1e-4).any(0).all()


def test_gates_of_one_leave_features_alone():
    epnet = new_epnet()
    for weight in epnet.gate.output_layer.weights:
        weight.assign(np.zeros(weight.shape))
    np.testing.assert_array_equal(epnet(ROOT), ROOT)


def test_the_encoder_gates_by_the_schema_s_domain():
    encoder = encoder_of(EPNetEncoder)
    features = encoder.encoder(SPLIT.inputs)
    # The third embedded field.
    assert encoder.epnet.domain_columns == (6, 9)
    np.testing.assert_array_equal(
        encoder(SPLIT.inputs), encoder.epnet(features)
    )


def test_the_prior_is_what_the_table_has():
    encoder = encoder_of(PEPNetEncoder)
    features = encoder.encoder(SPLIT.inputs).numpy()
    roots = encoder(SPLIT.inputs)
    assert encoder.compute_output_shape(SHAPES) == {
        name: tuple(x.shape) for name, x in roots.items()
    }
    np.testing.assert_array_equal(roots["root"], encoder.epnet(features))
    np.testing.assert_array_equal(roots["prior"], features[:, :6])


def test_without_roles_the_root_is_the_features():
    schema = toy_data.SCHEMA.without_roles
    encoder = PEPNetEncoder.from_schema(schema, **SMALL)
    encoder.build(SHAPES)
    roots = encoder(SPLIT.inputs)
    assert list(roots) == ["root"]
    np.testing.assert_array_equal(roots["root"], encoder.encoder(SPLIT.inputs))
    with pytest.raises(ValueError, match="`schema` must .*domain=None.*'toy'"):
        EPNetEncoder.from_schema(schema)


@pytest.mark.parametrize("cls", [EPNetEncoder, PEPNetEncoder])
def test_config(cls):
    encoder = cls.from_schema(
        toy_data.SCHEMA, **SMALL, dtype="mixed_bfloat16", name="mine"
    )
    config = encoder.get_config()
    copy = cls.from_config(config)
    assert copy.get_config() == config
    assert copy.encoder.dtype_policy.name == "mixed_bfloat16"
    assert copy.epnet.gate_units == (2,)


def test_any_body_reads_gated_features(tmp_path):
    schema = toy_data.CLASS_SCHEMA
    model = MultiTaskModel(
        schema,
        MMoE(schema.task_names, num_experts=2, hidden_units=(3,)),
        EPNetEncoder.from_schema(schema, **SMALL),
    )
    checks.randomize(model)
    checks.check_gradients(model, lambda: model(SPLIT.inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    outputs = checks.to_numpy(model(SPLIT.inputs))
    checks.assert_close(checks.to_numpy(loaded(SPLIT.inputs)), outputs)


def test_columns_behind_the_last_are_named():
    with pytest.raises(ValueError, match=r"`domain_columns`.*up to the 7 col"):
        EPNet((4, 8)).build(ROOT.shape)
    one = FeatureEncoder(num_fields=3, num_values=0, num_buckets=5)
    with pytest.raises(ValueError, match=r"`prior_columns`.*up to the 30 col"):
        PEPNetEncoder(one, [(0, 2), (29, 31)]).build({"ids": (None, 3)})
    with pytest.raises(ValueError, match=r"`prior_columns` must.*=\(3, 3\)"):
        PEPNetEncoder(one, [(0, 2), (3, 3)])


@pytest.mark.parametrize("cls", [EPNetEncoder, PEPNetEncoder])
def test_what_is_no_part_is_named(cls):
    one = FeatureEncoder(num_fields=1, num_values=0, num_buckets=5)
    more = {"prior_columns": ()} if cls is PEPNetEncoder else {}
    with pytest.raises(ValueError, match="`encoder` must be"):
        cls(encoder="ids", epnet=EPNet((0, 1)), **more)
    with pytest.raises(ValueError, match="`epnet` must be"):
        cls(encoder=one, epnet="gate", **more)
