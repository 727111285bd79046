"""PolicyMonitor and FiniteGuard, in a search."""

import json

import keras
import numpy as np
import pytest
import toy_data
from tolerances import near

from mtnas_tf.models import MTNAS
from mtnas_tf.models import FiniteGuard
from mtnas_tf.routes import Route
from mtnas_tf.search import PolicyMonitor
from mtnas_tf.search import SearchModel


def fit(callbacks, break_it=False):
    keras.utils.set_random_seed(0)
    supernet = MTNAS(
        toy_data.BINARY_SCHEMA, num_layers=2, num_subnetworks=2, units=5
    )
    if break_it:
        supernet.towers.output_layers["click"].bias.assign([np.nan])
    search = SearchModel(supernet)
    search.compile(run_eagerly=True, jit_compile=False)
    history = search.fit(
        toy_data.make_data(batch_size=11).search,
        epochs=2,
        callbacks=callbacks,
        verbose=0,
    )
    return search, history.history


@pytest.mark.slow
def test_monitor_logs_and_writes_lines(tmp_path):
    path = tmp_path / "policy.jsonl"
    search, history = fit([PolicyMonitor(path)])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [0, 1]
    policy = search.supernet.policy
    for index, name in enumerate(("s3", "s4", "click", "buy")):
        entropy = float(policy.entropy()[index])
        top_prob = float(search.supernet.body.top_probs()[index])
        assert history[f"entropy/{name}"][-1] == near(entropy)
        assert history[f"top_prob/{name}"][-1] == near(top_prob)
        for line, logged in zip(lines, history[f"entropy/{name}"], strict=True):
            assert line[f"entropy/{name}"] == logged
    route = Route.from_json(json.dumps(lines[-1]["route"]))
    assert route == search.route


@pytest.mark.slow
def test_monitor_needs_no_file():
    _, history = fit([PolicyMonitor()])
    assert len(history["entropy/click"]) == 2


def test_guard_lets_finite_numbers_pass():
    _, history = fit([FiniteGuard()])
    assert np.isfinite(history["loss"]).all()


def test_guard_lets_an_undefined_metric_pass():
    guard = FiniteGuard()
    guard.on_train_batch_end(0, {"loss": 1.0, "click_rmse": np.nan})
    guard.on_train_batch_end(1)


@pytest.mark.parametrize("name", ["loss", "reward", "entropy"])
def test_guard_watches_what_trains(name):
    with pytest.raises(FloatingPointError, match=f"`{name}` is inf after"):
        FiniteGuard().on_train_batch_end(0, {name: np.inf})


def test_guard_names_the_number_and_the_step():
    with pytest.raises(FloatingPointError, match="`.*` is nan after batch 0"):
        fit([FiniteGuard()], break_it=True)
