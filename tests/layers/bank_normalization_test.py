import checks
import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.layers import BankNormalization

ROUTES, BATCH, BANK, UNITS = 2, 5, 3, 4
INPUTS = np.random.default_rng(0).normal(2.0, 3.0, (BATCH, BANK, UNITS))
INPUTS = INPUTS.astype("f")
NORM = {"gamma": (BANK, UNITS), "beta": (BANK, UNITS)}
MOMENTS = {"moving_mean": (BANK, UNITS), "moving_variance": (BANK, UNITS)}


@pytest.mark.parametrize(
    ("kind", "non_trainable"), [("batch", MOMENTS), ("layer", {})]
)
def test_contract(kind, non_trainable, tmp_path):
    checks.check_layer(
        BankNormalization,
        {"kind": kind, "momentum": 0.8, "epsilon": 0.1},
        (INPUTS,),
        INPUTS.shape,
        NORM,
        non_trainable,
        path=tmp_path,
    )


def make_norm(kind, **kwargs):
    norm = BankNormalization(kind, epsilon=0.1, **kwargs)
    norm.build(INPUTS.shape)
    checks.randomize(norm)
    return norm


def standardized(x, axis):
    mean, variance = x.mean(axis, keepdims=True), x.var(axis, keepdims=True)
    return (x - mean) / np.sqrt(variance + 0.1)


def affine(norm, x):
    return x * norm.gamma.numpy() + norm.beta.numpy()


def moments(norm):
    return norm.moving_mean.numpy(), norm.moving_variance.numpy()


@pytest.mark.parametrize("training", [False, True])
def test_layer_kind_normalizes_over_units(training):
    norm = make_norm("layer")
    expected = affine(norm, standardized(INPUTS, -1))
    outputs = norm(INPUTS, training=training)
    assert_near(outputs, expected)


def test_batch_kind_normalizes_by_the_batch_in_training():
    norm = make_norm("batch", momentum=0.7)
    mean, variance = moments(norm)
    outputs = norm(INPUTS, training=True)
    expected = affine(norm, standardized(INPUTS, 0))
    assert_near(outputs, expected)
    new_mean, new_variance = moments(norm)
    assert_near(new_mean, 0.7 * mean + 0.3 * INPUTS.mean(0))
    assert_near(new_variance, 0.7 * variance + 0.3 * INPUTS.var(0))


def test_batch_kind_normalizes_by_its_averages_otherwise():
    norm = make_norm("batch")
    mean, variance = moments(norm)
    expected = affine(norm, (INPUTS - mean) / np.sqrt(variance + 0.1))
    assert_near(norm(INPUTS), expected)


def test_batch_statistics_do_not_move_the_averages():
    norm = make_norm("batch")
    before = moments(norm)
    outputs = norm(INPUTS, use_batch_statistics=True)
    expected = affine(norm, standardized(INPUTS, 0))
    assert_near(outputs, expected)
    np.testing.assert_array_equal(moments(norm), before)


def test_every_route_is_normalized_by_itself():
    routes = np.stack([INPUTS, 5 * INPUTS[::-1] + 1])
    norm = make_norm("batch", momentum=0.0)
    outputs = norm(routes, training=True)
    for route in range(ROUTES):
        expected = affine(norm, standardized(routes[route], 0))
        assert_near(outputs[route], expected)
    # The averages take the mean over the routes.
    assert_near(norm.moving_mean, routes.mean(axis=(0, 1)))


def test_reset_forgets_the_averages():
    norm = make_norm("batch")
    norm.reset()
    mean, variance = moments(norm)
    assert not mean.any()
    assert (variance == 1).all()


def test_moments_are_float32_under_mixed_precision():
    norm = BankNormalization("batch", momentum=0.0, dtype="mixed_float16")
    # A variance beyond float16's range.
    outputs = norm(1000 * INPUTS, training=True)
    assert np.isfinite(outputs.numpy()).all()
    assert_near(
        norm.moving_variance,
        (1000 * INPUTS).astype("float16").astype("f").var(0),
    )


def test_wrong_kind_is_named():
    with pytest.raises(ValueError, match="`kind` must be.*kind='group'"):
        BankNormalization("group")
