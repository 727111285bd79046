"""What the tests of this folder share."""

import pytest
import tiny_experiment
from command_runs import CSV
from tiny_experiment import CONFIG
from tiny_experiment import without_graphs
from toy_data import BINARY_SCHEMA

from export import export_model
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner


@pytest.fixture
def toy_data(monkeypatch):
    """Every config reads the toy data, and steps are not compiled."""
    monkeypatch.setattr(runner, "load_data", tiny_experiment.load_data)
    with without_graphs():
        yield


@pytest.fixture
def config_path(tmp_path):
    path = tmp_path / "config.json"
    path.write_text(CONFIG.to_json())
    return path


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    """An exported model of the toy data."""
    model = building.build_model("mmoe", CONFIG, BINARY_SCHEMA)
    path = tmp_path_factory.mktemp("artefact") / "export"
    return export_model(model, path, formats=("onnx",)), model


@pytest.fixture
def rows_path(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text(CSV)
    return path
