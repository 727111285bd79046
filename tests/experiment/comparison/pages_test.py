import json
import subprocess
import sys

import pytest
from page_reader import check_page
from toy_result import compared

from mtnas_tf.experiment.comparison.pages import rewrite
from mtnas_tf.experiment.comparison.pages import write_comparison
from mtnas_tf.experiment.comparison.pages import write_sweep
from mtnas_tf.experiment.comparison.sweep import differences


def contents(directory):
    return {p.name: p.read_text() for p in directory.iterdir() if p.is_file()}


def spoil(path, *keys):
    """Conclusions of an earlier version, which rows do not hold."""
    result = json.loads(path.read_text())
    for part in keys:
        place = result
        for key in part[:-1]:
            place = place[key]
        place[part[-1]] = ["old"]
    path.write_text(json.dumps(result))


def without_dates(files):
    """Without pictures, into which Matplotlib writes the time."""
    return {
        name: text for name, text in files.items() if not name.endswith(".svg")
    }


def test_a_comparison_is_concluded_anew_from_its_rows(tmp_path):
    write_comparison(compared(0.5), tmp_path)
    expected = contents(tmp_path)
    assert set(expected) == {
        "compare.json",
        "compare.md",
        "pareto.svg",
    }
    spoil(tmp_path / "compare.json", ["summary"], ["claims"])
    (tmp_path / "compare.md").write_text("old")
    assert rewrite(tmp_path) == ["compare.json"]
    written = contents(tmp_path)
    assert "Comparison on toy" in written.pop("report.html")
    assert without_dates(written) == without_dates(expected)
    assert "nan" in expected["compare.md"]


def test_the_first_row_s_sharing_is_drawn(tmp_path):
    result = compared(0.5)
    for row, weight in zip(result["rows"], (0.75, 0.5), strict=False):
        weights = [[weight, 1 - weight, 0.0], [None, 1.0, 0.0]]
        row["sharing"] = [
            {
                "name": "experts",
                "readers": ["click", "buy"],
                "sources": ["s1", "s2", "s3"],
                "weights": weights,
                "kind": "mean gate weight",
            }
        ]
    write_comparison(result, tmp_path)
    assert {p.name for p in (tmp_path / "sharing").iterdir()} == {"mmoe.svg"}
    picture = (tmp_path / "sharing" / "mmoe.svg").read_text()
    assert "<!-- mmoe, split 0, seed 3, validation rows -->" in picture
    assert "<!-- 0.75 -->" in picture
    use = (tmp_path / "expert_use.svg").read_text()
    assert "<!-- 1 of 3 dead: s3 -->" in use


def test_a_sweep_is_concluded_anew_from_its_rows(tmp_path):
    variants = {"plain": compared(0.0), "other": compared(0.5)}
    result = {
        "title": "Toy",
        "variants": variants,
        "differences": differences(variants),
    }
    write_sweep(result, tmp_path)
    expected = contents(tmp_path)
    assert set(expected) == {"sweep.json", "sweep.md", "sweep.svg"}
    spoil(
        tmp_path / "sweep.json",
        ["differences"],
        ["variants", "other", "summary"],
    )
    assert rewrite(tmp_path) == ["sweep.json"]
    written = contents(tmp_path)
    page = check_page(written.pop("report.html"))
    assert page.titles[:2] == ["What each variant changes", "Each variant"]
    assert page.texts["summary"] == ["plain", "other"]
    assert without_dates(written) == without_dates(expected)


def test_a_directory_without_rows(tmp_path):
    with pytest.raises(FileNotFoundError, match="neither compare.json nor"):
        rewrite(tmp_path)


@pytest.mark.slow
def test_as_a_program(tmp_path):
    write_comparison(compared(0.5), tmp_path)
    (tmp_path / "compare.md").unlink()
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mtnas_tf.experiment.comparison.pages",
            str(tmp_path),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    assert f"written anew from {tmp_path / 'compare.json'}" in done.stdout
    assert (tmp_path / "compare.md").is_file()
