import checks
import keras
import numpy as np
import pytest
import toy_roles

from export import export_model
from export.onnx_model import load_onnx
from mtnas_tf.features import CrossEncoder
from mtnas_tf.features import CrossNetwork
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import TargetAttentionEncoder
from mtnas_tf.layers import SharedBottom
from mtnas_tf.models import MultiTaskModel

SCHEMA = toy_roles.SCHEMA
ROWS = toy_roles.make_split(6)


WIDTHS = {"user": 2, "seen": 3, "item": 2, "tab": 1}
MIXTURE = {"num_cross_layers": 1, "projection_dim": 2, "num_experts": 2}


def test_crosses_what_the_encoder_gives():
    encoder = CrossEncoder.from_schema(SCHEMA, WIDTHS, **MIXTURE)
    encoder.build({name: x.shape for name, x in ROWS.inputs.items()})
    checks.randomize(encoder)
    expected = encoder.cross(encoder.encoder(ROWS.inputs))
    np.testing.assert_array_equal(encoder(ROWS.inputs), expected)
    assert expected.shape == (6, 10)
    for weight in encoder.cross.weights:
        weight.assign(np.zeros(weight.shape))  # nothing is crossed
    np.testing.assert_array_equal(
        encoder(ROWS.inputs), encoder.encoder(ROWS.inputs)
    )


def make():
    """A cross network on top of attention."""
    keras.utils.set_random_seed(0)
    encoder = CrossEncoder(
        TargetAttentionEncoder.from_schema(SCHEMA, WIDTHS, hidden_units=(2,)),
        CrossNetwork(**MIXTURE, activation="tanh"),
    )
    body = SharedBottom(SCHEMA.task_names, hidden_units=(3,))
    return MultiTaskModel(SCHEMA, body, encoder)


def below_zero(model, inputs):
    """Outputs that read slopes: random weights, all positive, read none."""
    bias = model.encoder.encoder.attentions[0].hidden_bias
    before = bias.numpy()
    bias.assign([-9.0, 9.0])
    outputs = model(inputs)
    bias.assign(before)
    return outputs


@pytest.mark.slow
def test_a_model_keeps_the_contract_and_is_exported(tmp_path):
    checks.check_model(
        make,
        ROWS.inputs,
        ROWS.labels,
        path=tmp_path,
        forwards=lambda *args: [lambda: below_zero(*args)],
    )
    model = keras.saving.load_model(tmp_path / "model.keras")
    export_model(model, tmp_path / "out", formats=("onnx",))
    run = load_onnx(tmp_path / "out" / "model.onnx").run
    ids = ROWS.inputs["ids"].astype("int64")
    checks.assert_close(
        run({**ROWS.inputs, "ids": ids}), checks.to_numpy(model(ROWS.inputs))
    )


@pytest.mark.parametrize("kwargs", [{"encoder": "ids"}, {"cross": 3}])
def test_what_is_no_part_is_named(kwargs):
    parts = {"encoder": FeatureEncoder(1, 0, 5), "cross": CrossNetwork()}
    with pytest.raises(ValueError, match=f"`{next(iter(kwargs))}` must be"):
        CrossEncoder(**{**parts, **kwargs})
