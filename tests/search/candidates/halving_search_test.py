import types

import numpy as np
import pytest
import toy_data

from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import HalvingSearch
from mtnas_tf.search.candidates.strategies import Evolution
from mtnas_tf.search.candidates.strategies import RandomSearch

SCHEMA = toy_data.BINARY_SCHEMA
SPACE = RouteSpace(SCHEMA.task_names, 1, 2, dedup_singletons=True)
HAND_MADE = tuple(SPACE.hand_made_routes().values())


class ScriptedTrainer(CandidateTrainer):
    """Networks as good as `quality` says, none of them trained."""

    def __init__(self, quality, epochs=8, places=4, jobs=None):
        population = types.SimpleNamespace(
            schema=SCHEMA, space=SPACE, num_candidates=places
        )
        super().__init__(population, epochs)
        self.quality = quality
        self.jobs = [] if jobs is None else jobs  # (epochs, routes, seeds)

    def with_epochs(self, share):
        epochs = super().with_epochs(share).epochs
        other = ScriptedTrainer(self.quality, epochs, jobs=self.jobs)
        other.population = self.population
        return other

    def train(self, data, routes, seeds):
        self.jobs.append((self.epochs, list(routes), list(seeds)))
        for first in range(0, len(routes), 4):
            part = routes[first : first + 4]
            self.population.network = lambda place, part=part: part[place]
            yield [
                Candidate(route, seeds[0], self.epochs, self.metrics(route))
                for route in part
            ]

    def metrics(self, route):
        score = self.quality(route, self.epochs)
        return {"loss": -score, "click_auc": score, "buy_auc": 0.0}


def luck(route, epochs=0):
    seed = sum(route.to_json().encode()) + epochs
    return float(np.random.default_rng(seed).uniform())


def search(quality=luck, epochs=8, **kwargs):
    trainer = ScriptedTrainer(quality, epochs)
    kwargs = {"num_rounds": 4, "seed": 3} | kwargs
    strategy = RandomSearch(SPACE, first=HAND_MADE)
    return HalvingSearch(trainer, strategy, **kwargs).run("data"), trainer.jobs


def test_rungs_have_fewer_routes_and_more_epochs():
    _, jobs = search(num_rungs=3, reduction=2)
    assert [(epochs, len(routes)) for epochs, routes, _ in jobs] == [
        (2, 16),
        (4, 8),
        (8, 4),
    ]


def test_a_rung_keeps_the_best_of_the_one_before():
    _, jobs = search(num_rungs=3, reduction=3)
    for (epochs, before, _), (_, after, _) in zip(jobs, jobs[1:], strict=False):
        ranked = sorted(before, key=lambda r: -luck(r, epochs))
        assert after == ranked[: -(-len(before) // 3)]


def test_all_have_one_start_and_hand_made_routes_are_among_them():
    _, jobs = search()
    assert {seed for *_, seeds in jobs for seed in seeds} == {4000}
    assert set(HAND_MADE) <= set(jobs[0][1])
    assert len(set(jobs[0][1])) == 16


def test_an_epoch_is_the_least():
    _, jobs = search(epochs=2, num_rungs=3, reduction=4)
    assert [epochs for epochs, *_ in jobs] == [1, 1, 2]


def test_result_is_of_the_last_rung():
    result, jobs = search(lambda route, epochs: luck(route) + epochs)
    assert result.finalists == jobs[-1][1]
    assert result.best.route == max(jobs[0][1], key=luck)
    assert result.network == result.best.route == result.route
    assert result.epochs == 16 * 2 + 4 * 8
    assert len(result.candidates) == 20


def test_cost_counts():
    def cost(route):
        return len(route.reached())

    result, jobs = search(lambda route, epochs: 0.5, cost=cost, cost_weight=1.0)
    cheapest = sorted(map(cost, jobs[0][1]))[:4]
    assert sorted(map(cost, jobs[1][1])) == cheapest
    assert cost(result.best.route) == cheapest[0]


def test_rungs_are_reported():
    lines = []
    trainer = ScriptedTrainer(luck)
    HalvingSearch(trainer, RandomSearch(SPACE)).run("data", lines.append)
    assert [line.split(":")[0] for line in lines] == [
        "rung 1 of 2",
        "rung 2 of 2",
    ]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_rungs": 0}, "`num_rungs` must be at least 1.*=0"),
        ({"reduction": 1}, "`reduction` must be at least 2.*=1"),
        ({"num_rounds": 0}, "`num_rounds` must be at least 1.*=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        search(**kwargs)


def test_halving_asks_its_strategy_once():
    trainer = ScriptedTrainer(luck)
    search = HalvingSearch(trainer, Evolution(SPACE), num_rounds=4)
    with pytest.warns(UserWarning, match="but the search makes 16, 16 at a"):
        result = search.run("data")
    assert result.num_learned == 0
