import dataclasses

import keras
import numpy as np
import pytest
from checks import assert_same_weights
from toy_comparison import CONFIG
from toy_comparison import load_data

from mtnas_tf.config import with_section
from mtnas_tf.config.allocation_config import ALLOCATIONS
from mtnas_tf.experiment.allocation import training
from mtnas_tf.experiment.allocation.compare import compare
from mtnas_tf.experiment.allocation.summary import label_of
from mtnas_tf.experiment.allocation.summary import summarize

pytestmark = [
    pytest.mark.usefixtures("eagerly"),
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
]
DATA = load_data(batch_size=3, seed=3)
TWO = with_section(CONFIG, "allocation", compared=("retrained", "learned"))


@pytest.fixture(scope="module")
def lines():
    return []


@pytest.fixture(scope="module")
def result(eagerly, lines):
    """Of one seed and two methods, as all tests read it."""
    return compare(TWO, 1, DATA, lines.append)


@pytest.mark.slow
def test_every_method_has_a_row(result, lines):
    rows = result["rows"]
    # The learned allocation comes first, whatever the order of the config.
    assert [label_of(row) for row in rows] == ["learned", "retrained"]
    assert [row["model"] for row in rows] == ["learned", "learned"]
    assert {row["seed"] for row in rows} == {3}
    assert len(lines) == len(rows)
    assert "seed 3  retrained " in lines[-1]
    assert result["summary"] == summarize(rows)
    assert result["protocol"]["rows"] == {"train": 36, "valid": 18, "test": 27}


def test_errors_are_means_over_tasks_at_the_best_epoch(result):
    for row in result["rows"]:
        for split, name in (("valid", "valid_error"), ("test", "error")):
            accuracy = [m["accuracy"] for m in row[split].values()]
            assert len(accuracy) == 3
            np.testing.assert_allclose(row[name], 1 - np.mean(accuracy))
        history = row["history"]
        assert len(history["val_accuracy"]) == row["epochs"] == 2
        # Evaluated are the weights of the epoch that was best.
        best = max(history["val_accuracy"])
        assert history["val_accuracy"][row["best_epoch"] - 1] == best
        np.testing.assert_allclose(1 - row["valid_error"], best, atol=1e-6)


@pytest.mark.slow
def test_methods_use_the_components_that_they_should():
    rows = compare(CONFIG, 1, DATA, lambda line: None)["rows"]
    assert [label_of(row) for row in rows] == list(ALLOCATIONS)
    learned, retrained, random, shared, separate = rows
    allocated = np.array(learned["allocated"])
    assert allocated.shape == (3, 1, 3)
    assert 0 < allocated.mean() < 1
    assert learned["share"] == allocated.mean()
    np.testing.assert_array_equal(allocated, np.array(learned["probs"]) >= 0.5)
    assert retrained["allocated"] == learned["allocated"]
    assert retrained["probs"] is None
    # As many as a whole number for each task allows.
    assert abs(random["share"] - learned["share"]) <= 0.5 / 3 + 1e-9
    assert shared["share"] == separate["share"] == 1.0
    sizes = [row["num_parameters"] for row in rows]
    num_logits = 3 * 1 * 3 * 2
    assert sizes[1:4] == [sizes[0] - num_logits] * 3
    assert sizes[4] > 1.5 * sizes[3]


def test_an_allocation_that_is_learned_has_its_entropy(result):
    for row in result["rows"]:
        entropy = row["history"]["entropy"]
        if label_of(row) == "learned":
            assert all(0 < each < np.log(2) for each in entropy)
        else:
            assert entropy == [0, 0]


def test_known_rows_are_not_trained_again(result, monkeypatch):
    known, trained = result["rows"], []

    def fail(model, config, data, folder):
        trained.append(model.allocated.tolist())
        raise KeyboardInterrupt

    monkeypatch.setattr(training, "train", fail)
    again = compare(TWO, 1, DATA, lambda line: None, known=known)
    assert again["rows"] == known
    with pytest.raises(KeyboardInterrupt):
        compare(TWO, 1, DATA, lambda line: None, known=known[:1])
    # The allocation comes from the row that was kept.
    assert trained == [known[0]["allocated"]]


class KilledError(Exception):
    """What ends a training before its time."""


class Killer(keras.callbacks.Callback):
    def __init__(self, **options):
        super().__init__()

    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KilledError


@pytest.mark.slow
def test_a_killed_training_goes_on_after_its_last_epoch(tmp_path, monkeypatch):
    config = with_section(CONFIG, "allocation", num_rounds=3)

    def train(folder):
        model = training.new_model("learned", config, DATA.schema, 3)
        return training.train(model, config, DATA, folder)

    straight, folder = train(None), tmp_path / "training"
    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(training, "FitProgress", Killer)
        train(folder)
    kept = {path.name for path in folder.iterdir()}
    assert kept == {"best_epoch.npz", "epoch_2.weights.h5", "logs.json"}
    resumed = train(folder)
    assert resumed.history == straight.history
    assert_same_weights(resumed.model, straight.model)
    assert_same_weights(resumed.model.optimizer, straight.model.optimizer)
    assert not folder.exists()


def test_methods_of_a_seed_start_alike():
    learned = np.eye(3, dtype=int)[:, None]
    models = {
        method: training.new_model(method, CONFIG, DATA.schema, 5, learned)
        for method in ("learned", "retrained", "random", "shared_bottom")
    }
    other = training.new_model("learned", CONFIG, DATA.schema, 6, learned)
    first = models["learned"].stack.get_weights()
    for model in models.values():
        for mine, others in zip(first, model.stack.get_weights(), strict=True):
            np.testing.assert_array_equal(mine, others)
    kernels = [
        next(w for w in model.stack.weights if w.name == "kernel").numpy()
        for model in (models["learned"], other)
    ]
    assert not np.array_equal(*kernels)


def test_the_config_makes_the_model():
    config = with_section(
        CONFIG, "allocation", budget=0.25, budget_penalty=2.0, l2=0.5
    )
    model = training.new_model("learned", config, DATA.schema, 0)
    settings = model.get_config()
    for field in dataclasses.fields(config.allocation):
        if field.name in settings and field.name != "components":
            value = settings[field.name]
            value = tuple(value) if isinstance(value, list) else value
            assert value == getattr(config.allocation, field.name)
    assert settings["entropy_steps"] == 2 * 3
    assert settings["components"][1] == ["conv1x3", "conv3x1"]
