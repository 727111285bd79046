"""One export that the tests of this folder read."""

import pytest
from toy_model import make_model

from export import export_model


@pytest.fixture(scope="session")
def model():
    return make_model()


@pytest.fixture(scope="session")
def export_dir(model, tmp_path_factory):
    return export_model(model, tmp_path_factory.mktemp("export") / "toy")
