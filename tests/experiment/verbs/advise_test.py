"""`mtnas advise`, with scores that are not trained."""

import numpy as np
import pytest
from run_folders import files_of
from run_folders import read_json
from tiny_experiment import CONFIG

from mtnas_tf.experiment import runner
from mtnas_tf.experiment.advice import advice as advice_module
from mtnas_tf.experiment.advice.trainings import Trainings
from mtnas_tf.experiment.verbs.advise import advise


@pytest.fixture
def scripted(monkeypatch):
    """What is shared costs `scripted["loss"]`; deals differ a little."""
    script = {"loss": 0.0}

    def scores(trainings, data, deal):
        noise = np.random.default_rng(deal).normal(0, 1e-4, (3, 2))
        trainings.seconds, trainings.count = 0.5, 30
        return {
            "alone": 0.8 + noise[0],
            "task_0+task_1": 0.8 - script["loss"] + noise[1],
            "task_0 | task_1": 0.8 + noise[2],
        }

    def cosines(config, deals):
        return np.full((len(deals), 2, 2), 0.25)

    monkeypatch.setattr(Trainings, "scores", scores)
    monkeypatch.setattr(advice_module, "gradient_cosines", cosines)
    return script


@pytest.mark.parametrize(
    ("loss", "verdict"), [(0.0, "no conflict"), (0.1, "conflict")]
)
def test_advice(loss, verdict, scripted, synthetic_config, tmp_path):
    scripted["loss"] = loss
    lines = []
    found = advise(synthetic_config, tmp_path / "run", lines.append, 4, 3)
    assert found["verdict"] == verdict
    assert files_of(tmp_path / "run") == {
        "config.json",
        "schema.json",
        "advice.json",
        "advice.md",
        "about.json",
        "report.html",
    }
    about = read_json(tmp_path / "run" / "about.json")
    assert about["made_by"] == "mtnas advise --deals 4 --starts 3"
    written = read_json(tmp_path / "run" / "advice.json")
    assert (written["num_deals"], written["num_starts"]) == (4, 3)
    assert written["gains"]["task_1"]["mean"] == pytest.approx(-loss, abs=0.01)
    assert written["cosines"]["task_0"]["task_1"]["mean"] == 0.25
    # A search trains two rounds of three places and one final round.
    assert written["price"]["trainings"] == 9
    assert written["price"]["seconds"] == pytest.approx(4.5)
    assert found["recommendation"] in lines[-1]
    assert (
        "48 trainings: each task alone and 2 groupings, on 4 deals from 3 "
        "starts each"
    ) in lines
    page = (tmp_path / "run" / "advice.md").read_text(encoding="utf-8")
    assert found["recommendation"] in page


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"num_deals": 1}, "`deals` must be at least 2.*=1"),
        ({"num_starts": 0}, "`starts` must be positive.*=0"),
    ],
)
def test_numbers_are_checked_first(values, message, tmp_path, monkeypatch):
    monkeypatch.setattr(runner, "load_data", None)
    with pytest.raises(ValueError, match=message):
        advise(CONFIG, tmp_path / "run", **values)


def test_one_task_shares_nothing(synthetic_config, tmp_path, monkeypatch):
    load = runner.load_data
    monkeypatch.setattr(
        runner, "load_data", lambda config: load(config).with_tasks(["task_0"])
    )
    with pytest.raises(ValueError, match="`tasks` must be at least two"):
        advise(synthetic_config, tmp_path / "run", lambda line: None)
    assert not (tmp_path / "run").exists()


def test_there_are_rows_for_every_deal(synthetic_config, tmp_path):
    with pytest.raises(ValueError, match="`deals` must be at most.*=99999"):
        advise(synthetic_config, tmp_path / "run", print, num_deals=99999)
    assert not (tmp_path / "run").exists()
