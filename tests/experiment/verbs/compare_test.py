import contextlib
import functools
import math

import pytest
from run_folders import files_of
from run_folders import read_json
from tiny_experiment import CONFIG

from mtnas_tf.config import config_digest
from mtnas_tf.config import load_config
from mtnas_tf.config import with_section
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.budget import Plan
from mtnas_tf.experiment.pace import Pace
from mtnas_tf.experiment.verbs import compare as compare_module
from mtnas_tf.experiment.verbs.compare import compare
from mtnas_tf.progress import shown_progress

pytestmark = [
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
    pytest.mark.usefixtures("eagerly"),
]
RESULT = {
    "dataset": "toy",
    "protocol": {
        "config": {"data": {}},
        "rows": {"test": 15},
        "num_seeds": 2,
        "num_splits": 3,
        "trainings_of_a_search": 12,
        "date": "2020-02-29",
    },
    "rows": [
        {
            "model": "mtnas",
            "variant": "picked",
            "split_seed": 0,
            "seed": 0,
            "score": 0.5,
            "mtl_loss": 0.5,
            "test": {},
            "route": None,
            "num_trainings": 12,
            "num_parameters": {"dense": 7, "embedding": 3},
            "multiply_adds": 8,
            "train_seconds": 2.0,
            "budget": math.nan,
        }
    ],
    "summary": [
        {
            "model": "mtnas",
            "variant": "picked",
            "task": None,
            "metric": metric,
            "mean": 0.5,
            "std_error": 0.1,
        }
        for metric in ("mtl_loss", "score")
    ],
    "claims": [
        {
            "of": ("mtnas", "picked"),
            "minus": ("mmoe", "restarted"),
            "num_pairs": 6,
            "cost_ratio": None,
            "differences": {
                "score": {
                    "mean": 0.25,
                    "std_error": 0.125,
                    "p_value": 0.25,
                    "p_corrected": 0.5,
                    "num_clusters": 3,
                }
            },
        }
    ],
}
CLAIM = "minus mmoe (restarted): score +0.2500 ± 0.1250 (p = 0.5)"


def test_compare(synthetic_config, tmp_path, monkeypatch):
    def train_all(config, num_seeds, num_splits, load, say, keep, known):
        assert known == []
        say(f"{num_seeds} seeds, {num_splits} splits")
        say(f"{len(load(config).splits['test'])} rows")
        keep(RESULT["rows"][0])
        return RESULT

    monkeypatch.setattr(compare_module.comparison, "compare", train_all)
    workdir, lines = tmp_path / "run", []
    result = compare(synthetic_config, 2, workdir, lines.append, 3)
    assert result is RESULT
    digest = config_digest(synthetic_config)
    assert lines[:3] == [
        f"config sha256 {digest[:12]}",
        "2 seeds, 3 splits",
        "15 rows",
    ]
    assert CLAIM in lines[3]
    assert lines[3].endswith(f"written to {workdir}")
    known = result["protocol"]["provenance"]
    assert known["config_sha256"] == digest and known["begun"] <= known["ended"]
    assert files_of(workdir) == {
        "config.json",
        "compare.json",
        "compare.md",
        "report.html",
        "pareto.svg",
    }
    assert load_config(workdir / "config.json") == synthetic_config
    written = read_json(workdir / "compare.json")
    assert written["rows"] == [{**RESULT["rows"][0], "budget": None}]
    table = (workdir / "compare.md").read_text(encoding="utf-8")
    assert "| mtnas (picked) | 0.5000 ± 0.1000 |" in table
    assert "Test split (15 rows)" in table
    assert CLAIM in table
    page = (workdir / "report.html").read_text(encoding="utf-8")
    assert "<td>0.5000 ± 0.1000</td>" in page
    assert "<td>+0.2500 ± 0.1250</td>" in page


@pytest.mark.slow
def test_compare_within_a_budget(synthetic_config, tmp_path, monkeypatch):
    shown = []

    @contextlib.contextmanager
    def progress_kept(*arguments):
        with shown_progress(*arguments) as progress:
            shown.append(progress)
            yield progress

    monkeypatch.setattr(compare_module, "shown_progress", progress_kept)
    lines = []
    result = compare(
        synthetic_config, 2, tmp_path / "run", lines.append, budget=1e-6
    )
    protocol = result["protocol"]
    assert (protocol["num_seeds"], protocol["num_splits"]) == (1, 1)
    assert {row["model"] for row in result["rows"]} >= {"mtnas", "mmoe"}
    assert "single_task" not in {row["model"] for row in result["rows"]}
    (told,) = (line for line in lines if "left out for a budget" in line)
    assert "reinforce" in told and "1 of 2 seeds" in told
    plan = Plan.from_json((tmp_path / "run" / "plan.json").read_text())
    assert plan.config.model.baselines == ("mmoe",)
    assert load_config(tmp_path / "run" / "config.json") == plan.config
    assert not (tmp_path / "run" / "budget.json").exists()
    (progress,) = shown
    # Not all that may be trained is: an equal MMoE, a route that is known.
    assert 0.5 * progress.total < progress.done <= progress.total


def test_an_interrupted_comparison_keeps_its_plan(
    synthetic_config, tmp_path, monkeypatch
):
    seen, workdir = [], tmp_path / "run"

    def train_all(config, num_seeds, num_splits, load, say, keep, known):
        seen.append((config, num_seeds, len(known)))
        keep({"model": "mmoe"})
        raise KeyboardInterrupt

    monkeypatch.setattr(compare_module.comparison, "compare", train_all)
    for seconds in 60, 1:
        pace = Pace(compilation=0.0, training=seconds)
        measure = functools.partial(lambda pace, *_: pace, pace)
        monkeypatch.setattr(compare_module, "measure_pace", measure)
        with pytest.raises(KeyboardInterrupt):
            compare(synthetic_config, 3, workdir, print, budget=30)
    first, second = seen
    assert second == (*first[:2], 1)  # however fast the machine is now
    with pytest.raises(FileExistsError, match=r"with another budget\.json"):
        compare(synthetic_config, 3, workdir, print, budget=90)


def test_interrupted_comparison_goes_on(
    synthetic_config, tmp_path, monkeypatch
):
    seen = []

    def train_all(config, num_seeds, num_splits, load, say, keep, known):
        seen.append([row["mtl_loss"] for row in known])
        keep({"model": "mmoe", "seed": 3, "mtl_loss": math.nan})
        keep({"model": "mmoe", "seed": 4, "mtl_loss": 0.5})
        if len(seen) < 4:
            raise KeyboardInterrupt
        return RESULT

    monkeypatch.setattr(compare_module.comparison, "compare", train_all)
    other = with_section(synthetic_config, "optim", epochs=7)
    for config, num_seeds in (
        (synthetic_config, 2),
        (synthetic_config, 2),
        (synthetic_config, 3),  # other pairs: another comparison
    ):
        with pytest.raises(KeyboardInterrupt):
            compare(config, num_seeds, tmp_path / "run")
    (file,) = tmp_path.glob("*/rows_2x1.jsonl")
    with file.open("a") as cut:
        cut.write('{"model": "mm')  # killed while it was written
    compare(synthetic_config, 2, tmp_path / "run")
    assert seen == [[], [None, 0.5], [], [None, 0.5] * 2]
    assert not list(tmp_path.glob("*/rows*"))
    compare(other, 2, tmp_path / "other")
    assert seen[-1] == []


def test_existing_directory_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setattr(runner, "load_data", None)  # refused before that
    (tmp_path / "file").write_text("earlier")
    with pytest.raises(FileExistsError, match="`workdir` must not exist"):
        compare(CONFIG, 1, tmp_path)
    assert files_of(tmp_path) == {"file"}
