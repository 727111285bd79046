import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.losses import MaskedBinaryCrossentropy

NAN = float("nan")
LABELS = np.array([1.0, NAN, 0.0, 1.0, NAN], np.float32)
PROBS = np.array([[0.7], [0.9], [0.4], [0.2], [0.1]], np.float32)
WEIGHTS = np.array([2.0, 3.0, 0.5, 1.0, 7.0], np.float32)


def reference(labels, probs, weights):
    total, total_weight = 0.0, 0.0
    for y, p, w in zip(labels, np.ravel(probs), weights, strict=True):
        if not np.isnan(y):
            total += w * -(np.log(p) if y == 1 else np.log(1 - p))
            total_weight += w
    return total / total_weight


def loss_and_gradient(labels, probs, weights=None):
    probs = tf.constant(probs)
    with tf.GradientTape() as tape:
        tape.watch(probs)
        loss = MaskedBinaryCrossentropy()(labels, probs, weights)
    return loss.numpy(), tape.gradient(loss, probs).numpy()


@pytest.mark.parametrize("weights", [None, WEIGHTS, WEIGHTS[:, None]])
@pytest.mark.parametrize("labels", [LABELS, LABELS[:, None]])
def test_loss_is_the_weighted_mean_over_observed_rows(labels, weights):
    loss = MaskedBinaryCrossentropy()(labels, PROBS, weights)
    flat_weights = np.ones(5) if weights is None else np.ravel(weights)
    assert loss.shape == ()
    assert_near(loss, reference(LABELS, PROBS, flat_weights))


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_compiled_loss_equals_the_eager_one(jit_compile):
    compiled = tf.function(MaskedBinaryCrossentropy(), jit_compile=jit_compile)
    assert_near(
        compiled(LABELS, PROBS, WEIGHTS),
        MaskedBinaryCrossentropy()(LABELS, PROBS, WEIGHTS),
    )


def test_the_batch_may_be_unknown():
    compiled = tf.function(
        MaskedBinaryCrossentropy(),
        input_signature=[
            tf.TensorSpec((None,)),
            tf.TensorSpec((None, 1)),
            tf.TensorSpec((None,)),
        ],
    )
    assert_near(
        compiled(LABELS, PROBS, WEIGHTS),
        reference(LABELS, PROBS, WEIGHTS),
    )


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_probabilities_are_reduced_in_float32(dtype):
    probs = tf.cast(PROBS, dtype)
    loss = MaskedBinaryCrossentropy()(LABELS, probs)
    assert loss.dtype == tf.float32
    rounded = tf.cast(probs, tf.float32).numpy()
    assert_near(loss, reference(LABELS, rounded, np.ones(5)))


def test_gradient_is_that_of_the_observed_rows_and_zero_elsewhere():
    _, gradient = loss_and_gradient(LABELS, PROBS, WEIGHTS)
    total = WEIGHTS[[0, 2, 3]].sum()
    expected = [-2 / 0.7, 0, 0.5 / 0.6, -1 / 0.2, 0]
    assert_near(gradient[:, 0], np.array(expected) / total)


@pytest.mark.parametrize("prob", [0.0, 1.0, NAN, float("inf")])
def test_a_prediction_without_label_never_reaches_the_gradient(prob):
    probs = PROBS.copy()
    probs[1] = prob
    loss, gradient = loss_and_gradient(LABELS, probs)
    assert loss == loss_and_gradient(LABELS, PROBS)[0]
    assert np.isfinite(gradient).all()
    assert gradient[1] == 0


def test_a_weight_without_label_may_be_nan():
    weights = WEIGHTS.copy()
    weights[1] = NAN
    assert (
        loss_and_gradient(LABELS, PROBS, weights)[0]
        == loss_and_gradient(LABELS, PROBS, WEIGHTS)[0]
    )


@pytest.mark.parametrize(
    ("labels", "weights"),
    [(np.full(5, NAN, np.float32), None), (LABELS, np.zeros(5, np.float32))],
)
def test_without_an_observed_row_loss_and_gradient_are_zero(labels, weights):
    loss, gradient = loss_and_gradient(labels, PROBS, weights)
    assert loss == 0
    assert (gradient == 0).all()


def test_probabilities_of_zero_and_one_give_a_finite_loss_and_gradient():
    labels = np.array([1.0, 0.0, 1.0, 0.0], np.float32)
    probs = np.array([0.0, 1.0, 1.0, 0.0], np.float32)
    loss, gradient = loss_and_gradient(labels, probs)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_confident_miss_of_a_positive_still_learns(jit_compile):
    @tf.function(jit_compile=jit_compile)
    def loss_and_logit_gradient(logit):
        with tf.GradientTape() as tape:
            tape.watch(logit)
            loss = MaskedBinaryCrossentropy()([1.0], tf.sigmoid(logit))
        return loss, tape.gradient(loss, logit)

    loss, gradient = loss_and_logit_gradient(tf.constant([-40.0]))
    assert_near(loss, 40.0)
    assert_near(gradient, [-1.0])


def test_agrees_with_keras_where_all_labels_are_observed():
    labels = np.array([[1.0], [0.0], [1.0], [0.0], [1.0]], np.float32)
    assert_near(
        MaskedBinaryCrossentropy()(labels, PROBS),
        keras.losses.BinaryCrossentropy()(labels, PROBS),
    )


def test_serialisation_round_trip():
    loss = MaskedBinaryCrossentropy(name="click_loss")
    config = keras.losses.serialize(loss)
    copy = keras.losses.deserialize(config)
    assert isinstance(copy, MaskedBinaryCrossentropy)
    assert copy.name == "click_loss"
    assert config["registered_name"] == "mtnas_tf>MaskedBinaryCrossentropy"
    assert copy(LABELS, PROBS) == loss(LABELS, PROBS)
