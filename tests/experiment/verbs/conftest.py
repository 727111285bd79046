"""What the tests of several verbs go on with."""

import pytest
from scripted_tuning import bowl

from mtnas_tf.config import with_section
from mtnas_tf.experiment.verbs import tune as tuning
from mtnas_tf.experiment.verbs.search import search


@pytest.fixture(scope="module")
def searched(synthetic_config, eagerly, tmp_path_factory):
    """A run directory after `search`, and what the stage returned."""
    workdir = tmp_path_factory.mktemp("runs") / "searched"
    return workdir, search(synthetic_config, workdir)


@pytest.fixture(scope="module")
def candidates_run(synthetic_config, eagerly, tmp_path_factory):
    """A search among candidates: its directory, its results, its lines."""
    config = with_section(synthetic_config, "search", method="candidates")
    workdir = tmp_path_factory.mktemp("runs") / "candidates"
    lines = []
    return workdir, search(config, workdir, lines.append), lines


@pytest.fixture
def losses(monkeypatch):
    """A formula in place of the trainings of a tuning."""
    monkeypatch.setattr(tuning, "_losses", bowl)
