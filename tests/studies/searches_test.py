"""A table of searches: what it compares, and with what."""

import dataclasses

import numpy as np
import pytest

from mtnas_tf.search.candidates.strategies import STRATEGIES
from studies import kuairand
from studies import planted
from studies import searches
from studies.settings import Settings


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """Of two strategies and no supernet, on tiny data."""
    drawn = dataclasses.replace(planted.SMOKE_ROWS, scales=(1.0, 1.0))
    settings = Settings(
        num_splits=1,
        num_seeds=1,
        is_smoke=True,
        build_dir=tmp_path_factory.mktemp("build"),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            kuairand,
            "load",
            lambda settings, split: (planted.SMOKE_CONFIG, drawn.draw(split)),
        )
        few = {name: STRATEGIES[name] for name in ("random", "reinforce")}
        patch.setattr(searches, "STRATEGIES", few)
        patch.setattr(searches, "SUPERNETS", ())
        patch.setattr(searches, "NUM_RANDOM", 4)
        return searches.rows_of(settings, split=12)


def test_searches_train_equally_many_networks(rows):
    names = [row["search"] for row in rows]
    assert names == [searches.ONE_LAYER, "random", "reinforce"]
    fixed, *found = rows
    assert fixed["trainings"] is fixed["cost"] is fixed["picked"] is None
    assert len({row["trainings"] for row in found}) == 1
    assert all(row["cost"] > 0 for row in found)
    assert found[0]["picked"] == 0  # minus itself


def test_equal_routes_are_worth_the_same(rows):
    by_route = {}
    for row in rows:
        found = row["score"], row["loss"]
        # Rounding grows in training: side by side, places differ.
        expected = by_route.setdefault(row["route"], found)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-3)
        # Two regressions: their squared errors are both.
        assert row["score"] == pytest.approx(-row["loss"])


def test_a_search_is_a_mean_over_splits(rows):
    _, random, _ = rows
    again = {**random, "score": random["score"] + 2.0, "split": 13}
    entry = searches._summarize("random", [*rows, again])
    assert entry["score"]["mean"] == pytest.approx(random["score"] + 1)
    assert entry["score"]["std_error"] == pytest.approx(1)
    assert entry["trainings"] == random["trainings"]


def test_the_best_route_comes_first(rows):
    names = [row["search"] for row in rows]
    summary = [searches._summarize(name, rows) for name in names]
    page = searches.page({"summary": summary})
    best = max(rows, key=lambda row: row["score"])["search"]
    first = page.split("| --- |")[-1].splitlines()[1]
    assert first.startswith(f"| {best} |")
