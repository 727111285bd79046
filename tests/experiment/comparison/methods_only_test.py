"""Comparisons of methods alone, in which nothing is trained."""

import json

import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data
from tolerances import near
from toy_outcomes import metrics

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison import baselines
from mtnas_tf.experiment.comparison import compare as compare_module
from mtnas_tf.experiment.comparison import comparison
from mtnas_tf.experiment.comparison import yardsticks
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.comparison.methods_only import methods_only
from mtnas_tf.experiment.comparison.pages import rewrite
from mtnas_tf.experiment.comparison.pages import write_comparison
from mtnas_tf.experiment.comparison.report import differences_to_mmoe
from mtnas_tf.experiment.comparison.report import markdown_page
from mtnas_tf.experiment.comparison.unfit import why_unfit
from mtnas_tf.experiment.effort import OF_NETWORK
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.models import MODELS
from mtnas_tf.search.candidates.outcome import Outcome

MODEL_NAMES = ("single_task", "mmoe", "ple", "esmm")
AUCS = {"single_task": 0.5, "mmoe": 0.75, "ple": 0.625}
TARGET = 50


class Stub:
    """Stands in for a baseline; `trained` keeps what all of them train."""

    trained_pairs = []

    def __init__(self, name, config, schema, dense_parameters=0):
        self.name, self.dense = name, dense_parameters or TARGET
        self.gain = 0.125 if config.optim.loss_weights else 0.0
        self.trained = "alone" if name == "ple" else "side by side"

    def sizes(self):
        return {
            "num_parameters": {"dense": self.dense, "embedding": 7},
            "multiply_adds": 40,
        }

    def train(self, data, pairs, starts):
        assert starts == pairs
        self.trained_pairs.append((self.name, data.split_seed, pairs))
        auc = AUCS[self.name] + self.gain
        return [
            # Seeds differ, splits do not: no difference is spread.
            Outcome(p, None, 1, 2.0, *[metrics(auc + p / 64)] * 2)
            for p in pairs
        ]


@pytest.fixture
def trained(monkeypatch):
    monkeypatch.setattr(Stub, "trained_pairs", [])
    monkeypatch.setattr(baselines, "new_baseline", Stub)
    monkeypatch.setattr(yardsticks, "new_baseline", Stub)
    monkeypatch.setattr(compare_module, "seconds_of_baseline", lambda _: 4.0)
    reasons = {"esmm": "no task requires another"}
    monkeypatch.setattr(
        comparison, "why_unfit", lambda name, *_: reasons.get(name)
    )
    return Stub.trained_pairs


def load(config):
    data = load_data(config)
    data.split_seed = config.data.split_seed
    return data


def run(**kwargs):
    config = methods_only(CONFIG, MODEL_NAMES, 2)
    kwargs = {"report": lambda line: None, **kwargs}
    return compare(config, 2, 2, load, **kwargs)


def test_every_method_once_a_pair_split_by_split(trained):
    lines = []
    result = run(report=lines.append)
    assert trained == [
        (name, split, pairs)
        for split, pairs in ((0, [3, 4]), (1, [5, 6]))
        for name in ("mmoe", "single_task", "ple")
    ]
    assert {row["variant"] for row in result["rows"]} == {None}
    assert {row["num_parameters"]["dense"] for row in result["rows"]} == {
        TARGET
    }
    assert {row["model"]: row["trained"] for row in result["rows"]} == {
        "mmoe": "side by side",
        "single_task": "side by side",
        "ple": "alone",
    }
    notes = result["protocol"]["notes"]
    assert lines[: len(notes)] == notes
    assert notes[0] == "esmm is left out: no task requires another"
    assert "mtnas and auto_mtl are left out" in notes[1]


def test_models_of_domains_are_left_out_where_there_are_none(
    trained, monkeypatch
):
    monkeypatch.setattr(comparison, "why_unfit", why_unfit)
    config = methods_only(CONFIG, ["mmoe", "poso", "star"], 2)
    result = compare(config, 2, 2, load, report=lambda line: None)
    assert {row["model"] for row in result["rows"]} == {"mmoe"}
    of_poso, of_star, _ = result["protocol"]["notes"]
    assert of_poso.startswith("poso is left out: `domain` must name")
    assert of_star.startswith("star is left out: `domain` must name")


def test_differences_to_mmoe_are_tested(trained):
    claims = run()["claims"]
    assert [(c["of"], c["minus"]) for c in claims] == [
        ((name, None), ("mmoe", None)) for name in ("single_task", "ple")
    ]
    means = [claim["differences"]["score"]["mean"] for claim in claims]
    assert means == near([-0.25, -0.125])


def test_mmoe_with_loss_weights_is_a_method(trained):
    config = methods_only(CONFIG, ["ple", "mmoe"], 2)
    weighted = with_section(config, "model", mmoe_loss_weights=("click:10",))
    result = compare(weighted, 2, 2, load, report=lambda line: None)
    assert [name for name, split, _ in trained if split == 0] == [
        *("mmoe", "ple", "mmoe")
    ]
    means = {
        claim["of"]: claim["differences"]["score"]["mean"]
        for claim in result["claims"]
    }
    assert means == {
        ("mmoe_weighted", None): near(0.125),
        ("ple", None): near(-0.125),
    }
    (note,) = (n for n in result["protocol"]["notes"] if "weights" in n)
    assert note.startswith(
        "mmoe_weighted is mmoe, trained with loss weights click:10"
    )
    assert result["protocol"]["config"]["optim"]["loss_weights"] == ()
    assert comparison_effort(weighted, 2, 2, ("click", "buy")) == 6 + OF_NETWORK
    unknown = with_section(config, "model", mmoe_loss_weights=("a:2",))
    with pytest.raises(ValueError, match="`model.mmoe_loss_weights` must"):
        compare(unknown, 2, load=load)


def test_the_page_says_how_methods_were_trained(trained):
    page = markdown_page(run())
    header, _, first, *_ = page.splitlines()
    assert "| trained |" in header
    assert first.startswith("| mmoe |") and "| side by side |" in first
    assert "Every method is trained once a pair" in page
    assert "restarted" not in page
    assert "- esmm is left out: no task requires another" in page


def test_the_picture_is_of_differences(trained, tmp_path):
    write_comparison(run(), tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert "differences.svg" in names and "pareto.svg" not in names
    assert rewrite(tmp_path) == ["compare.json"]
    panels = differences_to_mmoe(run())
    assert panels["score - MMoE"] == {
        "ple": (near(-0.125), near(0.0)),
        "single_task": (near(-0.25), near(0.0)),
    }


def test_one_method_must_fit(trained):
    config = methods_only(CONFIG, ["esmm"], 1)
    with pytest.raises(ValueError, match="esmm.*no task requires another"):
        compare(config, 1, load=load)
    assert not trained


def test_it_goes_on_after_its_last_row(trained):
    kept = []
    whole = run(keep=lambda row: kept.append(json.loads(strict_json(row))))
    trained.clear()
    again = run(known=kept[:7])  # the first split, and a seed of the second
    assert trained[0] == ("mmoe", 1, [6])
    assert {split for _, split, _ in trained} == {1}
    assert len(again["rows"]) == len(whole["rows"])


def test_the_config():
    config = methods_only(CONFIG, ["all"], 2)
    assert set(config.model.baselines) == set(MODELS) - {"auto_mtl", "mtnas"}
    assert config.search.compared == config.model.mmoe_recipes == ()
    assert config.search.candidates.num_places == 2  # as many as seeds
    assert methods_only(CONFIG, ["ple"], 9).model.baselines == ("ple",)
    for name in ("mtnas", "mmeo"):
        with pytest.raises(ValueError, match=f"model.baselines.*{name}"):
            methods_only(CONFIG, ["mmoe", name], 2)


def test_the_effort_is_that_of_the_methods():
    few = methods_only(CONFIG, ["mmoe"], 2)
    assert comparison_effort(few, 2, 3, ("a", "b")) == 3 + OF_NETWORK
    more = with_section(few, "model", baselines=("mmoe", "single_task"))
    assert comparison_effort(more, 2, 3, ("a", "b")) == 9 + OF_NETWORK
