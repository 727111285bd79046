"""`mtnas evaluate` within domains."""

import math

import checks
import numpy as np
import pytest
import toy_roles
from run_folders import read_json
from tolerances import near

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.verbs import evaluate as verb
from mtnas_tf.metrics import evaluate_domains
from mtnas_tf.models import SharedBottom

SCHEMA = toy_roles.SCHEMA


@pytest.fixture
def run(monkeypatch, tmp_path):
    """A run directory whose model and data are made, not read."""
    splits = [toy_roles.make_split(rows, seed=rows) for rows in (9, 60, 8)]
    is_home = splits[1].inputs["ids"][:, 5] == 0
    splits[1].labels["buy"][is_home] = 0
    data = MultiTaskData(SCHEMA, *splits, batch_size=3)
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    checks.randomize(model, scale=0.1)
    model.compile(jit_compile=False)
    monkeypatch.setattr(verb, "load_model", lambda *args: model)
    monkeypatch.setattr(verb, "inputs_of_run", lambda *args: (None, data))
    (tmp_path / "metrics.json").write_text("{}")
    (tmp_path / "config.json").write_text(ExperimentConfig().to_json())
    SCHEMA.save(tmp_path / "schema.json")
    return tmp_path, model, splits[1]


@pytest.mark.filterwarnings("ignore:Task `buy`")
def test_each_domain_has_metrics_and_a_line(run):
    workdir, model, split = run
    texts = []
    results = verb.evaluate(workdir, "valid", say=texts.append)
    assert list(results) == ["valid", "valid_loss", "valid_domains"]
    expected = evaluate_domains(model, split)
    for task, of_task in results["valid_domains"].items():
        for tab, values in of_task.items():
            own = {k: v for k, v in values.items() if k in expected[task][tab]}
            kept = {k: v for k, v in own.items() if not math.isnan(v)}
            wanted = {k: expected[task][tab][k] for k in kept}
            assert kept == near(wanted)
            assert own.keys() == expected[task][tab].keys()
            assert {"ece", "normalized_entropy"} <= values.keys()
    home = results["valid_domains"]["buy"]["home"]
    assert np.isnan(home["auc"])
    header, rule, *lines = texts[0].split("\n\n")[1].splitlines()
    assert header.split() == [
        *("domain", "buy", "auc", "click", "auc", "like", "auc"),
    ]
    assert [line.split()[0] for line in lines] == ["home", "search", "(others)"]
    assert lines[0].split()[1:3] == ["-", f"({home['num_labels']})"]
    kept = read_json(workdir / "metrics.json")["evaluated"]
    assert kept["valid_domains"]["buy"]["home"]["auc"] is None
    page = (workdir / "report.html").read_text(encoding="utf-8")
    assert "Within domains, on the valid rows." in page
