"""A derived network leaves the library as any other model does."""

import numpy as np
import pytest
import tensorflow as tf
from checks import randomize
from tolerances import assert_near
from toy_data import SCHEMA
from toy_data import make_split

from export import export_model
from export.serving import Predictor
from mtnas_tf.derive import build_model
from mtnas_tf.models import MTNAS

ROWS = [
    {"user": "ann", "x": [0.5, -1.0], "item": "i1", "age": 34},
    {"user": None, "x": [2.0, 0.25], "item": "i2", "age": None},
    {"user": "zoé", "x": [0.0, 3.0], "item": "", "age": -3},
]


@pytest.fixture(scope="module")
def model():
    supernet = MTNAS(
        SCHEMA,
        num_subnetworks=3,
        units=4,
        embedding_dim=4,
        stem_units=5,
        query_scope="all_prev",
    )
    randomize(supernet)
    route = supernet.space.random_route(np.random.default_rng(5))
    batches = [(make_split(7).inputs, make_split(7).labels)]
    return build_model(supernet, route, batches)


@pytest.fixture(scope="module")
def directory(model, tmp_path_factory):
    path = tmp_path_factory.mktemp("derived") / "export"
    return export_model(model, path, formats=("onnx", "saved_model"))


@pytest.mark.slow
def test_predictor_agrees(model, directory):
    expected = model.predict(SCHEMA.preprocessor(ROWS), verbose=0)
    received = Predictor(directory).predict(ROWS)
    assert list(received) == ["click", "stars"]
    for task, values in received.items():
        assert_near(values, expected[task][:, 0])


def test_saved_model_agrees(model, directory):
    inputs = make_split(5).inputs
    served = tf.saved_model.load(directory / "saved_model").signatures[
        "serving_default"
    ](
        ids=tf.constant(inputs["ids"], tf.int64),
        values=tf.constant(inputs["values"]),
    )
    expected = model.predict(inputs, verbose=0)
    for task, values in served.items():
        assert_near(values, expected[task])
