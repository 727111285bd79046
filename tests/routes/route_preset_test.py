"""Routes that are shipped, and the results that they are from."""

import json
from pathlib import Path

import pytest
from tolerances import near

from mtnas_tf.routes import from_preset
from mtnas_tf.routes import preset_evidence

ROOT = Path(__file__).parents[2]
FOLDERS = {
    "book_crossing": "book_crossing",
    "book_crossing_small": "book_crossing",
    "census_income": "census_income",
    "kuairand": "kuairand",
    "kuairand_weighted": "kuairand_weighted",
    "synthetic_mtl": "synthetic",
}


@pytest.mark.parametrize("name", FOLDERS)
def test_the_evidence_is_what_was_recorded(name):
    evidence = preset_evidence(name)
    page = ROOT / evidence["page"]
    assert page.is_file() and page.parent.name == FOLDERS[name]
    recorded = json.loads((page.parent / "compare.json").read_text())
    pair = {"split_seed": evidence["split_seed"], "seed": evidence["seed"]}
    row = row_of(recorded, "mtnas", evidence["variant"], pair)
    assert row["route"] == from_preset(name).to_dict()
    assert evidence["dataset"] == recorded["dataset"]
    for key in ("valid", "test", "score", "mtl_loss", "multiply_adds"):
        assert evidence[key] == row[key]

    mmoe = evidence["mmoe_of_the_same_pair"]
    row = row_of(recorded, "mmoe", mmoe["variant"], pair)
    assert all(row[key] == value for key, value in mmoe.items())
    summary = next(
        line
        for line in recorded["summary"]
        if (line["model"], line["variant"], line["task"], line["metric"])
        == ("mtnas", evidence["variant"], None, "score")
    )
    difference = evidence["difference_to_mmoe"]["score"]
    assert difference["mean"] == near(summary["delta_vs_mmoe"])
    assert difference["std_error"] == near(summary["delta_std_error"])


def row_of(recorded, model, variant, pair):
    (row,) = (
        row
        for row in recorded["rows"]
        if (row["model"], row["variant"]) == (model, variant)
        and all(row[key] == value for key, value in pair.items())
    )
    return row


def test_the_small_one_is_cheaper():
    costs = [
        preset_evidence(name)["multiply_adds"]
        for name in ("book_crossing_small", "book_crossing")
    ]
    assert costs[0] < costs[1] / 2


def test_an_unknown_name():
    with pytest.raises(ValueError, match="must be one of.*'synthetic_mtl'.*=3"):
        from_preset(3)
