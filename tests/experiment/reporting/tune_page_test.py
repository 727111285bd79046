"""The page of a tuning, made of a file and of nothing else."""

import math

import pytest
from page_reader import check_page

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.experiment.tuned import RANGES
from mtnas_tf.experiment.tuning.effects import effects_of
from mtnas_tf.experiment.verbs.report import report

METHODS = ("mmoe", "mtnas")
RATES = (1e-3, 5e-4, 2e-3, 3e-3, 9.5e-3, 8e-3)
LOSSES = (0.5, 0.6, 0.45, 0.455, 0.4, math.inf)


def trials(method):
    return [
        {
            "method": method,
            "trial": index,
            "learning_rate": rate,
            "weight_decay": 1e-5,
            "loss": loss,
            "std_error": 0.06 if math.isfinite(loss) else math.nan,
            "seconds": 1.5,
        }
        for index, (rate, loss) in enumerate(zip(RATES, LOSSES, strict=True))
    ]


def tuning():
    best = {
        "learning_rate": 9.5e-3,
        "weight_decay": 1e-5,
        "loss": 0.4,
        "default_loss": 0.5,
    }
    return {
        "dataset": "log",
        "protocol": {
            "trials_of_a_method": 6,
            "networks_of_a_trial": 8,
            "ranges": RANGES,
            "split_seed": 0,
            "seed": 3,
            "date": "2026-01-01",
        },
        "trials": [trial for method in METHODS for trial in trials(method)],
        "best": {
            "mmoe": best,
            "mtnas": {**best, "default_loss": best["loss"]},
        },
    }


@pytest.fixture
def page(tmp_path):
    config = ExperimentConfig().to_json()
    (tmp_path / "config.json").write_text(config, encoding="utf-8")
    path = tmp_path / "tune.json"
    path.write_text(strict_json(tuning()), encoding="utf-8")
    text = write_report(tmp_path).read_text(encoding="utf-8")
    return check_page(text)


def test_sections(page):
    assert page.texts["h1"] == ["Tuning on log"]
    assert page.titles == [
        "Which values are best?",
        "How the trials went",
        "What each value does",
        "The best trials",
        "Configuration and versions",
        "What this does not show",
    ]
    text = " ".join(page.texts["p"])
    assert "6 trials of each of 2 methods, 12 in all" in text
    assert "2 trials of 12 diverged." in text
    codes = page.texts["code"]
    assert codes.index("mmoe") < codes.index("mtnas")  # helped, and not


def test_every_trial_is_a_mark_and_a_row(page):
    titles = page.texts["title"]
    tips = [text for text in titles if text.startswith("mmoe, trial")]
    assert len(tips) == 3 * len(RATES)  # by order, and by each value
    first = (
        "mmoe, trial 1\nlearning rate 0.001, weight decay 1e-05\n"
        "loss 0.5000 ± 0.0600"
    )
    assert tips.count(first) == 3
    assert len([tip for tip in tips if tip.endswith("loss diverged")]) == 3
    cells = [text.strip() for text in page.texts["td"]]
    assert cells.count("diverged") == 2  # behind the line, all trials
    # Five of each method unfolded, and all.
    assert cells.count("1.5") == 2 * (5 + len(RATES))


def test_what_a_value_does():
    rate, decay = effects_of(trials("mmoe"))
    assert (rate.name, rate.best, rate.edge) == (
        "learning_rate",
        9.5e-3,
        "upper",
    )
    assert rate.as_good == (2e-3, 9.5e-3)
    assert rate.correlation == pytest.approx(-1.0, abs=0.11)
    assert math.isnan(decay.correlation)  # one value
    assert decay.as_good == (1e-5, 1e-5) and decay.edge == ""
    below = [{**trials("mmoe")[0], "weight_decay": 0.0}]
    assert [each.edge for each in effects_of(below)] == ["", "lower"]
    failed = [{**trials("mmoe")[0], "loss": math.inf}]
    assert effects_of(failed) == []


@pytest.mark.parametrize(
    ("name", "text", "rule"),
    [
        ("tune.json", '{"best": 3', "tune.json must hold JSON of a verb"),
        ("tune.json", "{}", "tune.json must be what `mtnas tune` wrote"),
        ("advice.json", "[]", "advice.json must be what `mtnas advise` wrote"),
    ],
)
def test_files_of_something_else(name, text, rule, tmp_path):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=rule):
        write_report(tmp_path)


@pytest.mark.parametrize("place", [".", "absent/report.html"])
def test_a_place_that_cannot_be_written(place, tmp_path):
    path = tmp_path / "tune.json"
    path.write_text(strict_json(tuning()), encoding="utf-8")
    with pytest.raises(ValueError, match="`output` must be a file in a folder"):
        write_report(tmp_path, tmp_path / place)


def test_a_file_is_no_run(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text("a,b\n", encoding="utf-8")
    with pytest.raises(ValueError, match="`run` must be a folder, or one of"):
        report(path)


def test_a_file_alone_is_enough(tmp_path):
    path = tmp_path / "tune.json"
    path.write_text(strict_json(tuning()), encoding="utf-8")
    written = report(path, say=lambda line: None)["report"]
    assert written == str(tmp_path / "report.html")
    page = check_page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert "Configuration and versions" not in page.titles
