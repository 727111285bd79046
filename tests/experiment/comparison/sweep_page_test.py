import dataclasses
import sys

import pytest

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import Sweep
from mtnas_tf.experiment.comparison import sweep as sweeping
from mtnas_tf.experiment.comparison.claims import claims
from mtnas_tf.experiment.comparison.summary import summarize
from mtnas_tf.experiment.comparison.sweep import draw_sweep
from mtnas_tf.experiment.comparison.sweep import markdown_page
from mtnas_tf.experiment.comparison.sweep import run_sweep
from mtnas_tf.experiment.comparison.sweep import text_page

SWEEP = Sweep(
    title="Toy",
    config=ExperimentConfig(),
    variants={"plain": (), "wide": ("model.units=9",), "odd": ("seed=7",)},
)
PAIRS = [(0, 0), (0, 1), (1, 2)]  # split, seed
METHODS = [("mtnas", "retrained"), ("mmoe", None)]


def make_row(pair, method, score):
    return {
        "model": method[0],
        "variant": method[1],
        "split_seed": pair[0],
        "seed": pair[1],
        "score": score,
        "mtl_loss": 3 - 2 * score,
        "valid_score": score,
        "multiply_adds": 5,
        "test": {"click": {"auc": score}},
    }


@pytest.fixture
def calls(monkeypatch):
    """Rows in place of trainings; `wide` gains .5, .25 and 0."""
    calls = []

    def compare(
        config, num_seeds, num_splits, load, report, keep, known, *workers
    ):
        assert workers == (None, None)
        calls.append((config, num_seeds, num_splits, load, known))
        is_wide, is_odd = config.model.units == 9, config.seed == 7
        rows = [
            make_row(pair, method, index + (2 - index) / 4 * is_wide)
            for method in METHODS[: 1 if is_odd else 2]
            for index, pair in enumerate(PAIRS)
        ]
        for row in rows:
            keep(row)
        return {
            "dataset": "toy",
            "protocol": {
                "config": {"data": {}},
                "rows": {"test": 40},
                "num_seeds": num_seeds,
                "num_splits": num_splits,
                "date": "2020-02-29",
            },
            "rows": rows,
            "summary": summarize(rows),
            "claims": claims(rows),
        }

    monkeypatch.setattr(sweeping, "compare", compare)
    return calls


def test_every_variant_is_compared(calls):
    def load(config):
        raise AssertionError

    result = run_sweep(SWEEP, 2, 3, load=load, report=lambda line: None)
    plain = ExperimentConfig()
    model = dataclasses.replace(plain.model, units=9)
    assert calls == [
        (plain, 2, 3, load, []),
        (dataclasses.replace(plain, model=model), 2, 3, load, []),
        (dataclasses.replace(plain, seed=7), 2, 3, load, []),
    ]
    assert list(result["variants"]) == ["plain", "wide", "odd"]
    assert result["title"] == "Toy"


def test_rows_are_kept_with_their_variant(calls):
    kept, lines = [], []
    run_sweep(SWEEP, 1, report=lines.append, keep=kept.append)
    assert [row["variant_of_sweep"] for row in kept] == [
        *["plain"] * 6,
        *["wide"] * 6,
        *["odd"] * 3,
    ]
    assert lines == ["Toy: plain", "Toy: wide", "Toy: odd"]


def test_known_rows_go_back_to_their_variant(calls):
    kept = []
    run_sweep(SWEEP, 1, report=lambda line: None, keep=kept.append)
    calls.clear()
    run_sweep(SWEEP, 1, report=lambda line: None, known=kept[3:])
    made = [
        make_row(pair, METHODS[1], index) for index, pair in enumerate(PAIRS)
    ]
    assert calls[0][-1] == made
    assert [len(known) for *_, known in calls] == [3, 6, 3]


def test_differences_from_the_first_are_paired(calls):
    result = run_sweep(SWEEP, 1, report=lambda line: None)
    found = {
        (d["of"], d["method"], d["metric"]): d for d in result["differences"]
    }
    assert set(found) == {
        *(
            ("wide", method, metric)
            for method in ("mtnas (retrained)", "mmoe")
            for metric in ("mtl_loss", "score")
        ),
        ("odd", "mtnas (retrained)", "mtl_loss"),
        ("odd", "mtnas (retrained)", "score"),
    }
    assert {d["minus"] for d in found.values()} == {"plain"}
    delta = found["wide", "mmoe", "score"]
    # .375 on the split of two pairs, 0 on the other.
    assert delta["mean"] == pytest.approx(0.1875)
    assert delta["std_error"] == pytest.approx(0.1875)
    assert delta["num_pairs"] == 3
    assert found["wide", "mmoe", "mtl_loss"]["mean"] == pytest.approx(-0.375)
    assert found["odd", "mtnas (retrained)", "score"]["mean"] == 0


def test_page(calls):
    page = markdown_page(run_sweep(SWEEP, 1, 3, report=lambda line: None))
    lines = page.split("\n")
    assert lines[0] == "# Toy"
    assert "| score | plain | wide | odd |" in lines
    assert "| mmoe | 1.2500 ± 0.7500 | 1.4375 ± 0.5625 |  |" in lines
    start = lines.index("| score - plain | wide | odd |")
    assert lines[start + 2 : start + 4] == [
        "| mtnas (retrained) | +0.1875 ± 0.1875 | 0.0000 ± 0.0000 |",
        "| mmoe | +0.1875 ± 0.1875 |  |",
    ]


def test_page_of_a_terminal(calls):
    page = text_page(run_sweep(SWEEP, 1, 3, report=lambda line: None))
    lines = page.split("\n")
    assert lines[0] == "Toy"
    place = next(i for i, x in enumerate(lines) if x.startswith("score   "))
    assert lines[place].split() == ["score", "plain", "wide", "odd"]
    assert {*lines[place + 1]} == {"-"}
    assert lines[place + 3].split()[:4] == ["mmoe", "1.2500", "±", "0.7500"]
    assert "|" not in page


def test_the_best_of_the_first_variant_comes_first(calls, monkeypatch):
    monkeypatch.setattr(
        sys.modules[__name__], "METHODS", [("mmoe", None), METHODS[0]]
    )
    result = run_sweep(SWEEP, 1, 3, report=lambda line: None)
    for row in result["variants"]["plain"]["rows"]:
        row["score"] += row["model"] == "mtnas"
    plain = result["variants"]["plain"]
    plain["summary"] = summarize(plain["rows"])
    tables = markdown_page(result).split("\n\n")[1:-1]
    for table in tables:
        names = [line.split(" | ")[0][2:] for line in table.split("\n")[2:]]
        assert names == ["mtnas (retrained)", "mmoe"]


def test_caption(calls):
    page = markdown_page(run_sweep(SWEEP, 1, 3, report=lambda line: None))
    lines = page.split("\n")
    assert lines[-2] == (
        "toy. Test split (40 rows), 1 seed on each of 3 splits, 2020-02-29. ±: "
        "standard error over splits, each the mean of its seeds. Differences "
        "are paired by split and seed, and not tested. Means and single "
        "trainings first, then the best of many, from the best test score of "
        "plain down."
    )


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_picture(calls, tmp_path, suffix):
    result = run_sweep(SWEEP, 1, report=lambda line: None)
    draw_sweep(result, tmp_path / f"sweep.{suffix}")
    content = (tmp_path / f"sweep.{suffix}").read_bytes()
    assert content.startswith(b"<?xml" if suffix == "svg" else b"\x89PNG")
    if suffix == "svg":
        for text in (b"wide", b"odd", b"mtnas (retrained)", b"mtl loss"):
            assert b"<!-- " + text in content
