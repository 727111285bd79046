import checks
import keras
import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.layers import Component
from mtnas_tf.layers import ComponentStack
from mtnas_tf.layers import RoutedLayer
from mtnas_tf.layers import TaskCopies

IMAGES = np.random.default_rng(0).normal(size=(2, 5, 5, 4)).astype("float32")


def make(operations, stride=1, seed=1):
    component = Component(operations, 4, stride, num_groups=2)
    component.build(IMAGES.shape)
    checks.randomize(component, seed)
    return component


def padded(images, height, width, stride, fill):
    """Images padded as TensorFlow's "same", and their size behind."""
    sizes, pads = [], []
    for side, window in ((images.shape[1], height), (images.shape[2], width)):
        size = -(-side // stride)
        total = max(0, (size - 1) * stride + window - side)
        sizes.append(size)
        pads.append((total // 2, total - total // 2))
    widths = [(0, 0), *pads, (0, 0)]
    return np.pad(images, widths, constant_values=fill), sizes


def windows(images, height, width, stride, reduce, fill):
    images, sizes = padded(images.astype(float), height, width, stride, fill)
    rows = [
        [
            reduce(
                images[
                    :,
                    i * stride : i * stride + height,
                    j * stride : j * stride + width,
                ]
            )
            for j in range(sizes[1])
        ]
        for i in range(sizes[0])
    ]
    return np.moveaxis(np.array(rows), 2, 0)


def convolution(images, kernel, bias, stride):
    height, width = kernel.shape[:2]

    def product(window):
        return np.einsum("bhwc,hwcf->bf", window, kernel) + bias

    return windows(images, height, width, stride, product, 0.0)


def group_norm(images, gamma, beta, num_groups=2):
    batch, height, width, channels = images.shape
    groups = images.reshape(batch, height, width, num_groups, -1)
    mean = groups.mean(axis=(1, 2, 4), keepdims=True)
    variance = groups.var(axis=(1, 2, 4), keepdims=True)
    normal = (groups - mean) / np.sqrt(variance + 1e-6)
    return normal.reshape(images.shape) * gamma + beta


@pytest.mark.parametrize("stride", [1, 2])
def test_convolutions_in_turn(stride):
    component = make(["conv3x1", "conv1x3"], stride)
    weights = component.get_weights()
    first, second = weights[:4], weights[4:]
    x = IMAGES
    for (kernel, bias, gamma, beta), step in ((first, 1), (second, stride)):
        x = convolution(x, kernel, bias, step)
        x = np.maximum(group_norm(x, gamma, beta), 0)
    assert_near(component(IMAGES), x, 256)


@pytest.mark.parametrize("stride", [1, 2])
def test_pools(stride):
    largest = windows(
        IMAGES, 3, 3, stride, lambda x: x.max(axis=(1, 2)), -np.inf
    )
    assert_near(make(["maxpool3x3"], stride)(IMAGES), largest)
    mean = windows(
        IMAGES, 3, 3, stride, lambda x: np.nanmean(x, axis=(1, 2)), np.nan
    )  # of the pixels that there are
    assert_near(make(["avgpool3x3"], stride)(IMAGES), mean)


def test_an_identity_with_a_stride_is_a_convolution():
    assert not make(["identity"]).weights
    np.testing.assert_array_equal(make(["identity"])(IMAGES), IMAGES)
    component = make(["identity"], 2)
    kernel, bias = component.get_weights()
    assert_near(component(IMAGES), convolution(IMAGES, kernel, bias, 2))


def test_multiply_adds():
    component = make(["conv3x1", "conv1x5"], 2)
    expected = 25 * 3 * 4 * 4 + 9 * 5 * 4 * 4
    assert component.multiply_adds(IMAGES.shape) == expected
    assert make(["avgpool3x3"]).multiply_adds(IMAGES.shape) == 0


def test_a_routed_layer_weighs_and_normalizes():
    components = [["conv3x3"], ["maxpool3x3"], ["identity"]]
    layer = RoutedLayer(components, 4, num_groups=2)
    layer.build(IMAGES.shape)
    checks.randomize(layer)
    shares = np.array([0.5, 0.0, 0.25], "float32")
    outputs = [part(IMAGES).numpy() for part in layer.parts]
    total = 0.5 * outputs[0] + 0.25 * outputs[2]
    gamma, beta = layer.normalization.get_weights()
    expected = np.maximum(group_norm(total, gamma, beta), 0)
    assert_near(layer(IMAGES, shares), expected, 256)
    pruned = RoutedLayer(components, 4, num_groups=2, active=(2, 0))
    pruned.build(IMAGES.shape)
    assert pruned.active == [0, 2]
    for index in (0, 2):
        weights = layer.component(index).get_weights()
        pruned.component(index).set_weights(weights)
    pruned.normalization.set_weights([gamma, beta])
    assert_near(pruned(IMAGES, shares), expected, 256)


def test_the_published_stack():
    stack = ComponentStack()
    shapes = stack.input_shapes((1, 105, 105, 1))
    sides = [shape[1] for shape in shapes]
    assert sides == [105, 53, 27, 27, 14, 7, 7, 4, 4]
    assert stack.compute_output_shape((1, 105, 105, 1)) == (1, 768)
    stack.build((None, 105, 105, 1))
    kernels = [w for w in stack.weights if w.name == "kernel"]
    assert sum(int(np.prod(w.shape)) for w in kernels) == 3_329_328


def test_copies_are_independent():
    copies = TaskCopies(keras.layers.Dense(3), num_tasks=2)
    copies.build((None, 5))
    kernel, bias = copies.stacks
    assert (kernel.numpy()[0] != kernel.numpy()[1]).all()
    bias.assign([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]])
    x = np.ones((2, 5), "float32")
    for task in range(2):
        expected = x @ kernel.numpy()[task] + bias.numpy()[task]
        assert_near(copies(x, task=task), expected)
        assert_near(copies.copy_of(task)(x), expected)
