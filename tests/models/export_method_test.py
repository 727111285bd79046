"""`model.export`, as any Keras model has it."""

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import toy_data

from mtnas_tf.derive import derive_allocation
from mtnas_tf.models import MODELS
from mtnas_tf.models import AllocationNet
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel

# Keras' patch of the converter asks NumPy for what it no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:In the future:FutureWarning")
SCHEMA = toy_data.CLASS_SCHEMA
ROWS = toy_data.make_split(7, SCHEMA)
FEED = {"ids": ROWS.inputs["ids"].astype("int64")}
FEED["values"] = ROWS.inputs["values"]


def make_supernet():
    return MODELS["mtnas"](SCHEMA, num_subnetworks=2, units=3)


def make_population():
    space = RouteSpace(SCHEMA.task_names, 1, 2)
    return RoutePopulation(SCHEMA, space, num_candidates=2, units=3)


def predict_onnx(path):
    session = onnxruntime.InferenceSession(str(path))
    dtypes = {tensor.name: tensor.type for tensor in session.get_inputs()}
    assert dtypes == {"ids": "tensor(int64)", "values": "tensor(float)"}
    names = [tensor.name for tensor in session.get_outputs()]
    return dict(zip(names, session.run(names, FEED), strict=True))


def predict_saved_model(path):
    model = tf.saved_model.load(str(path))
    return model.serve({name: tf.constant(x) for name, x in FEED.items()})


def assert_exports(model, path, formats):
    expected = model(ROWS.inputs)
    for name, predict in formats.items():
        target = path / name
        model.export(target, format=name, verbose=False)
        outputs = predict(target)
        assert outputs.keys() == expected.keys()
        for task, values in outputs.items():
            np.testing.assert_allclose(
                values, expected[task], rtol=1e-5, atol=1e-6
            )


ONNX = {"onnx": predict_onnx}
SAVED_MODEL = {"tf_saved_model": predict_saved_model}


@pytest.mark.slow
@pytest.mark.parametrize(
    "make",
    [make_supernet, make_population, lambda: SearchModel(make_supernet())],
    ids=["supernet", "population", "search"],
)
def test_right_after_construction(make, tmp_path):
    assert_exports(make(), tmp_path, ONNX)


@pytest.mark.slow
def test_after_fit(tmp_path):
    # Exported without settling, the rows of the table would lag behind.
    model = MODELS["mmoe"](SCHEMA, num_experts=2, hidden_units=(3,))
    model.compile(run_eagerly=True, jit_compile=False)
    for _ in range(3):
        model.train_on_batch(
            {k: x[:1] for k, x in ROWS.inputs.items()},
            {k: y[:1] for k, y in ROWS.labels.items()},
        )
    model.train_on_batch(
        {k: x[3:5] for k, x in ROWS.inputs.items()},
        {k: y[3:5] for k, y in ROWS.labels.items()},
    )
    settled = model.predict(ROWS.inputs, verbose=0)
    model.export(tmp_path / "model.onnx", format="onnx", verbose=False)
    for task, values in predict_onnx(tmp_path / "model.onnx").items():
        np.testing.assert_allclose(values, settled[task], rtol=1e-5, atol=1e-6)
    assert_exports(model, tmp_path, SAVED_MODEL)


def test_a_signature_of_ones_own(tmp_path):
    model = MODELS["shared_bottom"](SCHEMA, hidden_units=(3,))
    signature = {
        "ids": keras.InputSpec(shape=(4, 3), dtype="int32", name="ids"),
        "values": keras.InputSpec(shape=(4, 2), dtype="float32", name="values"),
    }
    model.export(tmp_path / "out", input_signature=[signature], verbose=False)
    loaded = tf.saved_model.load(str(tmp_path / "out"))
    (inputs,) = loaded.serve.get_concrete_function().structured_input_signature[
        0
    ]
    assert inputs["ids"].shape == (4, 3)
    assert inputs["ids"].dtype == "int32"


@pytest.mark.slow
def test_networks_of_images(tmp_path):
    model = AllocationNet(
        {"latin": 3, "greek": 2}, (8, 8, 1), strides=(2,), num_filters=4
    )
    with pytest.raises(ValueError, match="call `export.export_model"):
        model.export(tmp_path / "allocation", verbose=False)
    derived = derive_allocation(model)
    derived.export(tmp_path / "allocated", verbose=False)
    images = np.random.default_rng(0).random((3, 8, 8, 1)).astype("float32")
    loaded = tf.saved_model.load(str(tmp_path / "allocated"))
    outputs = loaded.serve({"images": tf.constant(images)})
    for task, values in derived({"images": images}).items():
        np.testing.assert_allclose(outputs[task], values, rtol=1e-5, atol=1e-6)
