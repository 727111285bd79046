"""One preset that the tests of this folder read."""

import keras
import pytest
import tiny_models
import toy_data

from mtnas_tf.models import ModelCard


@pytest.fixture(scope="session")
def model():
    model = tiny_models.make_model(
        "esmm", toy_data.SCHEMA, table_initializer="random_normal"
    )
    model.compile(keras.optimizers.Adam(), jit_compile=False)
    return model


@pytest.fixture(scope="session")
def preset(model, tmp_path_factory):
    card = ModelCard(data="Toy rows", metrics={}, license="CC0")
    return model.save_to_preset(
        tmp_path_factory.mktemp("presets") / "toy", card=card
    )
