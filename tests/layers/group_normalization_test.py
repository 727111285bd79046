import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near
from tolerances import rounding

from mtnas_tf.layers.group_normalization import GroupNormalization

SHAPE = (3, 5, 2, 12)  # batch, height, width, channels
RNG = np.random.default_rng(0)
IMAGES = (3 + 2 * RNG.normal(size=SHAPE)).astype("float32")
SLOPES = RNG.normal(size=SHAPE).astype("float32")


def results(layer):
    """Outputs, and the gradients of images, gamma and beta."""
    layer.build(SHAPE)
    rng = np.random.default_rng(1)
    for variable in layer.weights:
        variable.assign(rng.normal(size=variable.shape))
    images = tf.constant(IMAGES)
    with tf.GradientTape() as tape:
        tape.watch(images)
        outputs = layer(images)
        loss = tf.reduce_sum(tf.cast(outputs, "float32") * SLOPES)
    sources = [images, *(variable.value for variable in layer.weights)]
    return [outputs, *tape.gradient(loss, sources)]


def test_numbers_and_gradients_are_those_of_keras():
    ours = results(GroupNormalization(3, epsilon=0.1))
    theirs = results(keras.layers.GroupNormalization(3, epsilon=0.1))
    for value, expected in zip(ours, theirs, strict=True):
        assert_near(value, expected, 256)


def test_images_of_any_size():
    inputs = keras.Input((None, None, 12))
    layer = GroupNormalization(3, epsilon=0.1)
    model = keras.Model(inputs, layer(inputs))
    assert_near(model.predict(IMAGES, verbose=0), layer(IMAGES))


@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
def test_statistics_are_float32(policy):
    outputs, *_ = results(GroupNormalization(3, epsilon=0.1, dtype=policy))
    assert outputs.dtype.name == policy.removeprefix("mixed_")
    expected, *_ = results(GroupNormalization(3, epsilon=0.1))
    scale = np.abs(expected).max()
    np.testing.assert_allclose(
        tf.cast(outputs, "float32") / scale,
        expected / scale,
        atol=rounding(4, outputs.dtype.name),
    )


def test_config():
    layer = GroupNormalization(3, epsilon=0.1)
    again = GroupNormalization.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()
