"""Metrics within the domains of a schema."""

import warnings

import checks
import numpy as np
import pytest
import toy_roles
from tolerances import near

from mtnas_tf.metrics import evaluate_domains
from mtnas_tf.metrics import evaluate_tasks
from mtnas_tf.models import SharedBottom

SCHEMA = toy_roles.SCHEMA
SPLIT = toy_roles.make_split(90)
# Column 5 of `ids` is the tab, whose vocabulary owns the first rows.
TABS = {"home": 0, "search": 1, "(others)": 2}


@pytest.fixture(scope="module")
def model():
    model = SharedBottom(SCHEMA, hidden_units=(3,))
    checks.randomize(model, scale=0.1)
    return model


def test_each_domain_has_the_metrics_of_its_rows(model):
    found = evaluate_domains(model, SPLIT)
    assert list(found) == list(SCHEMA.task_names)
    predictions = checks.to_numpy(model(SPLIT.inputs))
    for tab, first in TABS.items():
        is_of = SPLIT.inputs["ids"][:, 5] == first
        part = [
            {task: x[is_of] for task, x in columns.items()}
            for columns in (SPLIT.labels, predictions)
        ]
        expected = evaluate_tasks(SCHEMA.tasks, *part)
        for task, of_task in found.items():
            assert list(of_task) == list(TABS)
            count = of_task[tab].pop("num_labels")
            assert count == (~np.isnan(part[0][task])).sum()
            assert of_task[tab] == near(expected[task])
            assert 0 < expected[task]["auc"] < 1


def test_labels_of_one_domain_alone_and_of_one_class(model):
    is_home = SPLIT.inputs["ids"][:, 5] == 0
    labels = {task: y.copy() for task, y in SPLIT.labels.items()}
    labels["like"][~is_home] = np.nan
    labels["buy"][is_home] = 0
    split = type(SPLIT)(SPLIT.inputs, labels)
    with warnings.catch_warnings(action="error"):
        found = evaluate_domains(model, split)
    like = {tab: values["auc"] for tab, values in found["like"].items()}
    assert np.isfinite(like["home"])
    assert np.isnan([like["search"], like["(others)"]]).all()
    assert found["like"]["search"]["num_labels"] == 0
    assert np.isnan(found["buy"]["home"]["auc"])
    assert np.isfinite(found["buy"]["home"]["log_loss"])


def test_a_domain_without_rows_is_left_out(model):
    rows = np.flatnonzero(SPLIT.inputs["ids"][:, 5] != 1)
    found = evaluate_domains(model, SPLIT.take(rows))
    assert list(found["click"]) == ["home", "(others)"]


def test_a_schema_without_domains_is_refused():
    model = SharedBottom(SCHEMA.without_roles, hidden_units=(3,))
    with pytest.raises(ValueError, match="`domain` must name.*domain=None"):
        evaluate_domains(model, SPLIT)
