"""What `model.export` writes: predictions of the model, for ids that it has."""

import warnings

import numpy as np
import onnxruntime
import pytest
import tensorflow as tf
import tiny_models
import toy_roles

from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import RouteSpace

# Keras' patch of the converter asks NumPy for what it no longer has.
pytestmark = pytest.mark.filterwarnings("ignore:In the future:FutureWarning")
SCHEMA = toy_roles.SCHEMA
ROWS = toy_roles.make_split(7).inputs
FEED = {**ROWS, "ids": ROWS["ids"].astype("int64")}


def open_onnx(path):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4  # invalid ids are meant to fail
    session = onnxruntime.InferenceSession(str(path), options)
    names = [tensor.name for tensor in session.get_outputs()]
    return lambda feed: dict(zip(names, session.run(names, feed), strict=True))


def open_saved_model(path):
    loaded = tf.saved_model.load(str(path))
    return lambda feed: loaded.serve(
        {name: tf.constant(x) for name, x in feed.items()}
    )


def open_litert(path):
    with warnings.catch_warnings():
        # The interpreter moves to a package of its own.
        warnings.simplefilter("ignore")
        interpreter = tf.lite.Interpreter(str(path))
    runner = interpreter.get_signature_runner()
    return lambda feed: runner(**feed)


OPEN = {
    "tf_saved_model": open_saved_model,
    "onnx": open_onnx,
    "litert": open_litert,
}


def make_route():
    space = RouteSpace(SCHEMA.task_names, 2, 3)
    route = space.random_route(np.random.default_rng(0))
    return SparseRouteModel(SCHEMA, route)


MAKE = {
    "mmoe": lambda: tiny_models.make_model("mmoe", SCHEMA),
    "ple": lambda: tiny_models.make_model("ple", SCHEMA),
    "route": make_route,
}


@pytest.mark.parametrize(
    "name", ["mmoe", "route", pytest.param("ple", marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "format",
    ["tf_saved_model", "onnx", pytest.param("litert", marks=pytest.mark.slow)],
)
def test_predicts_what_the_model_does_and_refuses_other_ids(
    name, format, tmp_path
):
    model = MAKE[name]()
    path = tmp_path / "model.tflite"
    model.export(path, format=format, verbose=False)
    predict = OPEN[format](path)
    assert (FEED["ids"] == -1).any()  # padding of lists
    outputs, expected = predict(FEED), model(ROWS)
    assert outputs.keys() == expected.keys()
    for task, values in outputs.items():
        np.testing.assert_allclose(values, expected[task], rtol=1e-5, atol=1e-6)

    list_columns = np.flatnonzero(SCHEMA.preprocessor.may_pad)
    end = SCHEMA.num_buckets
    for column, bad in (
        *((0, bad) for bad in (-1, end, 2**32 + 3, 3 - 2**32)),
        (list_columns[0], -2),
    ):
        ids = FEED["ids"].copy()
        ids[1, column] = bad
        with pytest.raises(
            Exception, match=r"(?i)out of (data )?bounds|not in"
        ):
            predict({**FEED, "ids": ids})
