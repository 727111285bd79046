"""Searches whose scores are a formula."""

import numpy as np
import pytest

from mtnas_tf.search.candidates.strategies import RandomSearch
from studies import planted_worth
from studies import strategies
from studies.planted_worth import SPACE
from studies.planted_worth import PlantedTrainer
from studies.planted_worth import PlantedWorth
from studies.planted_worth import no_rows


@pytest.mark.parametrize("seed", range(3))
def test_two_groups_apart_are_worth_most(seed, monkeypatch):
    monkeypatch.setattr(planted_worth, "ROUGHNESS", 0.0)
    worth = PlantedWorth(seed)
    best = SPACE.hand_made.grouped(worth.groups, num_own=2)
    assert worth.of(SPACE.full_route()) == pytest.approx(0)
    assert worth.of(best) == pytest.approx(1)
    routes = RandomSearch(SPACE).propose([], 40, np.random.default_rng(seed))
    assert max(map(worth.of, routes)) < 1.01


def test_trainings_are_the_worth_with_noise():
    worth = PlantedWorth(0)
    route = SPACE.full_route()
    trainer = PlantedTrainer(worth, 0.5, 4)
    for share, noise in ((1, 0.5), (4, 1.0)):
        (trained,) = trainer.with_epochs(share).train(
            no_rows(), [route] * 400, range(400)
        )
        scores = [
            sum(metrics["auc"] for metrics in each.valid.values())
            for each in trained
        ]
        assert np.mean(scores) == pytest.approx(worth.of(route), abs=noise / 5)
        assert np.std(scores) == pytest.approx(noise, rel=0.15)
    first, again, other = (
        next(trainer.train(no_rows(), [route], [seed])) for seed in (7, 7, 8)
    )
    assert first == again != other


def test_every_strategy_has_a_row_of_equal_repeats(monkeypatch):
    monkeypatch.setattr(strategies, "POOL_SIZE", 60)
    strategies._pool.cache_clear()
    rows = strategies.rows_of(0.25, 2)
    names = [row["strategy"] for row in rows]
    assert names == [*strategies.STRATEGIES, "halving"]
    of_name = {row["strategy"]: row for row in rows}
    reference = of_name["surrogate"]["worth"]["mean"]
    for row in rows:
        difference = row["worth"]["mean"] - reference
        assert row["minus_surrogate"]["mean"] == pytest.approx(difference)
    page = strategies.page({"rows": rows, "seeds": 2})
    assert "| 0.25 | groupings |" in page
    strategies._pool.cache_clear()
