"""One export that the tests of this folder read."""

import pytest
from toy_model import COLOR
from toy_model import TASKS
from toy_model import make_model
from toy_model import make_schema

from export import export_model


@pytest.fixture(scope="session")
def model():
    return make_model()


@pytest.fixture(scope="session")
def export_dir(model, tmp_path_factory):
    return export_model(model, tmp_path_factory.mktemp("export") / "toy")


@pytest.fixture(scope="session")
def class_model():
    return make_model(make_schema(tasks=(TASKS[0], COLOR, TASKS[1])))


@pytest.fixture(scope="session")
def class_export_dir(class_model, tmp_path_factory):
    """An export with a multi-class task between two others."""
    return export_model(class_model, tmp_path_factory.mktemp("classes") / "toy")
