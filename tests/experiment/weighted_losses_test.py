"""Where an experiment's loss weights arrive."""

import json
import types

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.baseline import Baseline
from mtnas_tf.experiment.comparison.notes import notes_of
from mtnas_tf.experiment.comparison.zoo_baseline import ZooBaseline
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.tuned import with_tuned
from mtnas_tf.population import ModelTrainer
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search import precision_weights
from mtnas_tf.search import validation_score

WEIGHTS = {"click": 1.0, "buy": 10.0}
WEIGHTED = with_section(CONFIG, "optim", loss_weights=("buy:10",))


@pytest.fixture
def compiled(monkeypatch):
    """The models that would have been trained."""
    models = []

    def fit(model, *args):
        models.append(model)
        return runner.Training(model, 1, 1.0, 1.0, {})

    monkeypatch.setattr(runner, "_fit", fit)
    return models


def test_a_model_and_a_supernet_are_compiled_with_them(compiled):
    config = with_section(WEIGHTED, "base", normalization="layer")
    data = load_data(config)
    mmoe = building.build_model("mmoe", config, data.schema)
    runner.train(mmoe, config, data)
    runner.search(config, data)
    assert [model.loss_weights for model in compiled] == [WEIGHTS, WEIGHTS]
    runner.train(mmoe, CONFIG, data)
    assert mmoe.loss_weights is None


def test_networks_side_by_side_are_compiled_with_them(monkeypatch):
    space = route_space(WEIGHTED, BINARY_SCHEMA.task_names)
    trainer = new_trainer(WEIGHTED, BINARY_SCHEMA, space)
    population = trainer.population
    assert population.loss_weights == WEIGHTS
    population.initialize([space.full_route()] * 3, range(3))
    assert population.network(0).loss_weights == WEIGHTS
    search = CandidateSearch(
        BINARY_SCHEMA, num_places=1, units=2, loss_weights={"buy": 10}
    )
    assert search.trainer.population.loss_weights == WEIGHTS

    def train(self, data, seeds):
        self.population.initialize(seeds)
        models.append(self.population)
        yield []

    models = []
    monkeypatch.setattr(ModelTrainer, "train", train)
    baseline = ZooBaseline("cross_stitch", WEIGHTED, BINARY_SCHEMA)
    baseline.valid_losses(load_data(CONFIG), [0, 1])
    assert models[0].loss_weights == WEIGHTS
    assert models[0].network(0).loss_weights == WEIGHTS


def test_methods_that_were_tuned_have_their_own(tmp_path):
    best = {
        "mmoe": {"loss_weights": ["buy:3"]},
        "mtnas": {"loss_weights": []},
        "ple": {},
        "omoe": {"loss_weights": ["buy:4"]},
    }
    values = {"learning_rate": 0.01, "weight_decay": 0.0}
    best = {method: {**values, **own} for method, own in best.items()}
    path = tmp_path / "tune.json"
    path.write_text(json.dumps({"best": best}))
    config = with_section(WEIGHTED, "optim", tuned=str(path))
    config = with_section(config, "model", baselines=("mmoe", "ple"))
    found = {m: with_tuned(config, m).optim.loss_weights for m in best}
    assert found["mmoe"] == ("buy:3",) and found["ple"] == ("buy:10",)
    assert found["mtnas"] == ()
    notes = [note for note in notes_of_config(config) if "weights" in note]
    assert [note.partition(" with")[0] for note in notes] == [
        *(
            "mtnas is trained",
            "mmoe is trained",
            "All other methods are trained",
        )
    ]
    building.check_weighted_tasks(config, BINARY_SCHEMA)
    best["omoe"]["loss_weights"] = ["like:4"]
    path.write_text(json.dumps({"best": best}))
    with pytest.raises(ValueError, match="`omoe in optim.tuned` must weigh"):
        building.check_weighted_tasks(config, BINARY_SCHEMA)


def test_single_tasks_have_their_own():
    trainers = Baseline("single_task", WEIGHTED, BINARY_SCHEMA).trainers
    found = [trainer.population.loss_weights for trainer in trainers]
    assert found == [None, {"buy": 10.0}]
    both = with_section(CONFIG, "optim", loss_weights=("buy:2", "click:2"))
    first, second = Baseline("single_task", both, BINARY_SCHEMA).trainers
    assert first is second


def test_scores_are_weighted_once_the_data_are_known(monkeypatch):
    monkeypatch.setattr(runner, "load", lambda **_: load_data(CONFIG))
    plain = runner.load_data(CONFIG)
    metrics = {"click": {"auc": 0.5}, "buy": {"auc": 0.75}}
    for entries, weights in (
        (("buy:3",), {"click": 1.0, "buy": 3.0}),
        (("precision",), precision_weights(plain)),
    ):
        config = with_section(CONFIG, "search", score_weights=entries)
        data = runner.load_data(config)
        score = validation_score(data.schema.tasks, metrics)
        assert score == 0.5 * weights["click"] + 0.75 * weights["buy"]
        assert data.schema.without_roles == plain.schema.without_roles
        (note,) = (n for n in notes_of_config(config) if "in scores" in n)
        assert note.endswith(f"by {entries[0]}")


@pytest.mark.parametrize(
    ("section", "key"),
    [
        *[("optim", "loss_weights"), ("model", "mmoe_loss_weights")],
        ("search", "score_weights"),
    ],
)
def test_unknown_tasks_are_refused_once_the_data_are_known(
    section, key, monkeypatch
):
    monkeypatch.setattr(runner, "load", lambda **_: load_data(CONFIG))
    assert runner.load_data(WEIGHTED).schema == BINARY_SCHEMA
    config = with_section(CONFIG, section, **{key: ("buys:2",)})
    with pytest.raises(ValueError, match=rf"`{section}.{key}` must.*'buys:2'"):
        runner.load_data(config)


def notes_of_config(config):
    config = with_section(config, "search", compared=("reinforce",))
    comparison = types.SimpleNamespace(
        config=config, schema=BINARY_SCHEMA, unfit={}
    )
    return notes_of(comparison)


def test_notes_tell_them():
    for config, expected in (
        (CONFIG, []),
        (WEIGHTED, ["All methods are trained with loss weights buy:10"]),
        (
            with_section(WEIGHTED, "model", mmoe_loss_weights=("click:2",)),
            [
                "All methods are trained with loss weights buy:10",
                "mmoe_weighted is mmoe, trained with loss weights click:2",
            ],
        ),
    ):
        notes = notes_of_config(config)
        assert len(notes) == len(expected)
        for note, begin in zip(notes, expected, strict=True):
            assert note.startswith(begin)
        if notes:
            assert notes[-1].endswith("chosen by them are without weights")
