import numpy as np
import pytest
import toy_data
from scripted_trainer import ScriptedTrainer
from tiny_experiment import without_graphs
from toy_data import make_data

from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import HalvingSearch
from mtnas_tf.search.candidates.strategies import Evolution

SCHEMA = toy_data.BINARY_SCHEMA
SPACE = RouteSpace(SCHEMA.task_names, 1, 2, dedup_singletons=True)
DATA = make_data(schema=SCHEMA)
HAND_MADE = tuple(SPACE.hand_made_routes().values())


def new_trainer(quality, epochs=8, places=4):
    """Networks as good as `quality` says, none of them trained."""

    def valid(route, seed, epochs):
        return {"click": {"auc": quality(route, epochs)}, "buy": {"auc": 0.0}}

    return ScriptedTrainer(SPACE, valid, places, epochs)


def luck(route, epochs=0):
    seed = sum(route.to_json().encode()) + epochs
    return float(np.random.default_rng(seed).uniform())


def search(quality=luck, epochs=8, **kwargs):
    trainer = new_trainer(quality, epochs)
    kwargs = {"num_rounds": 4, "seed": 3} | kwargs
    search = HalvingSearch(SCHEMA, trainer=trainer, **kwargs)
    return search.run(DATA, verbose=0), trainer.rounds


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
    assert result.network == (result.best.route, 4000)
    assert result.best.route == result.route
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
    search = HalvingSearch(SCHEMA, trainer=new_trainer(luck))
    with shown_progress(1.0, lines.append):
        search.run(DATA)
    assert [line.split(":")[0] for line in lines] == [
        "rung 1 of 2",
        "rung 2 of 2",
    ]


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_rungs": 0}, "`num_rungs` must be an int of at least 1.*=0"),
        ({"reduction": 1}, "`reduction` must be an int of at least 2.*=1"),
        ({"num_rounds": 0}, "`num_rounds` must be an int of at least 1.*=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        search(**kwargs)


def test_halving_asks_its_strategy_once():
    search = HalvingSearch(
        SCHEMA, trainer=new_trainer(luck), strategy=Evolution(SPACE)
    )
    with pytest.warns(UserWarning, match="but the search makes 16, 16 at a"):
        result = search.run(DATA, verbose=0)
    assert result.num_learned == 0


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_effort_is_what_is_trained():
    search = HalvingSearch(
        SCHEMA, num_places=2, epochs=2, num_rounds=2, reduction=2
    )
    with without_graphs(), shown_progress(9.0, print) as progress:
        search.run(DATA, verbose=0)
    assert progress.done == pytest.approx(search.effort, rel=1e-6) == 2.0
