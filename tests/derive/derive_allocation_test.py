import json

import keras
import numpy as np
import pytest
from tolerances import assert_near

from export import export_model
from export.serving import Predictor
from mtnas_tf.derive import derive_allocation
from mtnas_tf.models import AllocatedNet
from mtnas_tf.models import AllocationNet

CLASSES = {"latin": 3, "greek": 2, "runic": 4}
COMPONENTS = (("conv3x3", "conv1x3"), ("maxpool3x3",), ("identity",))
SHAPE = (len(CLASSES), 2, len(COMPONENTS))
IMAGES = np.random.default_rng(0).random((5, 6, 6, 1)).astype("float32")


def make(sharing="learned", **kwargs):
    keras.utils.set_random_seed(2)
    model = AllocationNet(
        CLASSES,
        (6, 6, 1),
        components=COMPONENTS,
        strides=(2, 1),
        num_filters=4,
        num_groups=2,
        sharing=sharing,
        **kwargs,
    )
    rng = np.random.default_rng(1)
    for variable in model.trainable_variables:
        variable.assign(rng.normal(size=variable.shape) / 2)
    return model


def set_bits(model, bits):
    probs = np.where(bits, 0.9, 0.1)
    logits = np.log(np.stack([probs, 1 - probs], axis=-1))
    model.allocation.bits.kernel.assign(logits / 20)


@pytest.mark.parametrize(
    "sharing", ["learned", "mean", "sum", "random", "separate"]
)
def test_it_predicts_what_the_model_predicts(sharing):
    model = make(sharing, budget=0.5)
    network = derive_allocation(model)
    predictions = network({"images": IMAGES})
    assert list(predictions) == list(CLASSES)
    for index, (task, size) in enumerate(CLASSES.items()):
        inputs = {"images": IMAGES, "task": np.array(index)}
        assert_near(predictions[task], model(inputs)[:, :size])
        alone = derive_allocation(model, [task])({"images": IMAGES})
        assert_near(alone[task], predictions[task])


def test_a_layer_without_components_passes_zeros():
    model = make()
    bits = np.ones(SHAPE, int)
    bits[1, 1] = 0
    set_bits(model, bits)
    predictions = derive_allocation(model)({"images": IMAGES})
    inputs = {"images": IMAGES, "task": np.array(1)}
    assert_near(predictions["greek"], model(inputs)[:, :2])
    assert np.ptp(predictions["greek"], axis=0).max() < 1e-6
    alone = derive_allocation(model, ["greek"])
    assert alone.plans[0].evaluations == []


def test_what_is_dropped_is_not_there():
    model = make()
    bits = np.ones(SHAPE, int)
    bits[0, 0] = [0, 1, 0]
    set_bits(model, bits)
    whole = AllocatedNet(
        CLASSES, np.ones(SHAPE), (6, 6, 1), COMPONENTS, (2, 1), 4, 2
    )
    alone = derive_allocation(model, ["latin"])
    # Layer 1: a pair of 3x3 and 1x3 with their normalizations, and what the
    # stride makes of the identity; heads of two tasks of 36 features.
    pair = (9 + 3) * 4 * 4 + 2 * (4 + 8)
    identity = 4 * 4 + 4
    heads = (2 + 4) * (36 + 1)
    dropped = whole.count_params() - alone.count_params()
    assert dropped == pair + identity + heads
    # At the stride's resolution, 3x3 of 6x6 pixels.
    products = 4 * 4 * (36 * 9 + 9 * 3 + 9) + (2 + 4) * 36
    assert whole.multiply_adds - alone.multiply_adds == products
    # All components of layer 2 read two states.
    both = derive_allocation(model, ["latin", "greek"])
    second = 4 * 4 * 9 * (9 + 3)
    of_two = whole.multiply_adds - 4 * 36
    assert both.multiply_adds == of_two + second


@pytest.mark.slow
def test_it_comes_back_whole(tmp_path):
    network = derive_allocation(make("separate"))
    network.save(tmp_path / "network.keras")
    loaded = keras.saving.load_model(tmp_path / "network.keras")
    for task, values in loaded({"images": IMAGES}).items():
        np.testing.assert_array_equal(values, network({"images": IMAGES})[task])


def test_a_task_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"`tasks` must .*tasks=\['gothic'\]"):
        derive_allocation(make(), ["gothic"])


def test_the_model_itself_is_not_exported(tmp_path):
    with pytest.raises(TypeError, match="export `mt.derive.derive_alloc"):
        export_model(make(), tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
@pytest.mark.parametrize("tasks", [None, ["greek"]])
def test_files_predict_what_the_model_predicts(tasks, tmp_path):
    model = make(initial_probability=0.6)
    bits = np.random.default_rng(3).integers(2, size=SHAPE)
    bits[:, 0, 2] = 1
    set_bits(model, bits)
    # Refused unless all readers of its files agree with the network to 1e-5.
    path = export_model(derive_allocation(model, tasks), tmp_path / "out")
    manifest = json.loads((path / "manifest.json").read_text())
    assert [tensor["name"] for tensor in manifest["inputs"]] == ["images"]
    assert [task["name"] for task in manifest["tasks"]] == (
        tasks or list(CLASSES)
    )
    assert set(manifest["validation"]["max_difference"]) == {
        "onnx",
        "onnx_reference",
        "saved_model",
    }
    with pytest.raises(ValueError, match=r"of raw rows.*\['images'\]"):
        Predictor(path)
