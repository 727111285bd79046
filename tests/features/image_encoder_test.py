import checks
import keras
import numpy as np
import pytest
import toy_images

from mtnas_tf.features import ImageEncoder
from mtnas_tf.layers import MMoE
from mtnas_tf.layers import SharedBottom
from mtnas_tf.models import MultiTaskModel

SCHEMA = toy_images.SCHEMA
IMAGES = np.random.default_rng(0).random((3, 6, 5, 2)).astype("float32")
ARGUMENTS = {"filters": (6,), "kernel_size": 3, "num_groups": 2}


@pytest.mark.slow
def test_layer_contract(tmp_path):
    checks.check_layer(
        ImageEncoder,
        ARGUMENTS,
        ({"images": IMAGES},),
        (3, 3 * 3 * 6),
        {
            "kernel": (3, 3, 2, 6),
            **dict.fromkeys(("bias", "gamma", "beta"), (6,)),
        },
        path=tmp_path,
    )


def test_output_is_that_of_convolutions():
    encoder = ImageEncoder(filters=(2,), kernel_size=1, num_groups=1)
    encoder.build({"images": IMAGES.shape})
    kernel = np.array([[1.0, -1.0], [0.5, 2.0]])
    encoder.steps[0].kernel.assign(kernel[None, None])
    # A convolution of one pixel takes every second one.
    features = IMAGES[:, ::2, ::2] @ kernel
    mean = features.mean(axis=(1, 2, 3), keepdims=True)
    variance = features.var(axis=(1, 2, 3), keepdims=True)
    expected = np.maximum((features - mean) / np.sqrt(variance + 1e-3), 0)
    np.testing.assert_allclose(
        encoder({"images": IMAGES}), expected.reshape(3, -1), atol=1e-5
    )


def make(body=None):
    body = body or SharedBottom(SCHEMA.task_names, hidden_units=(8,))
    return MultiTaskModel(SCHEMA, body, ImageEncoder(filters=(8,)))


def test_model_contract(tmp_path):
    data = toy_images.make_data()
    inputs, labels = next(iter(data.by_task_name(data.rounds()).batch(3)))
    images = inputs["images"].numpy().reshape(9, 6, 5, 1)
    labels = {
        name: label.numpy().reshape(9, 1) for name, label in labels.items()
    }
    checks.check_model(make, {"images": images}, labels, path=tmp_path)


@pytest.mark.slow
def test_a_model_of_the_zoo_learns_from_images():
    data = toy_images.make_data()
    model = make(MMoE(SCHEMA.task_names, num_experts=2, hidden_units=(8,)))
    model.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    valid = data.by_task_name(data.valid)
    before = model.evaluate(valid, verbose=0, return_dict=True)
    train = data.by_task_name(data.train)
    model.fit(train, steps_per_epoch=60, verbose=0)
    after = model.evaluate(valid, verbose=0, return_dict=True)
    assert after["loss"] < 0.5 * before["loss"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"filters": ()}, "`filters` must hold at least 1 int"),
        ({"kernel_size": 0}, "`kernel_size` must be an int of at least 1"),
        ({"filters": (6,)}, "`filters` must be multiples of `num_groups`.*6"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        ImageEncoder(**arguments)
