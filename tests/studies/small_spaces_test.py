"""What studies make of spaces whose routes can all be trained."""

import pytest
from toy_outcomes_of_routes import BOTH
from toy_outcomes_of_routes import FIRST
from toy_outcomes_of_routes import SECOND
from toy_outcomes_of_routes import SPACE
from toy_outcomes_of_routes import TASKS
from toy_outcomes_of_routes import one_layer
from toy_outcomes_of_routes import outcome
from toy_outcomes_of_routes import scripted

from mtnas_tf.config import with_section
from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from studies import enumerable
from studies import planted
from studies import relatedness
from studies.route_enumeration import all_routes
from studies.synthetic_rows import SyntheticRows

REGRESSIONS = [TaskSpec(name=task, kind="regression") for task in TASKS]


# An enumerable space


def test_all_routes_are_there_once():
    routes = all_routes(SPACE)
    assert len(routes) == len(set(routes)) == SPACE.size == 9
    twice = RouteSpace(TASKS, 1, 2, query_scope="root")
    assert set(all_routes(twice)) == set(routes)
    with pytest.raises(ValueError, match="100,000 routes.*177,978,515,625"):
        all_routes(RouteSpace(("click", "buy"), 2, 4))


def test_routes_that_differ_by_names_share_their_trainings():
    losses = {
        one_layer(FIRST, SECOND): [1.0, 3.0],
        one_layer(SECOND, FIRST): [5.0, 7.0],
        one_layer(FIRST, FIRST): [2.0, 4.0],
        one_layer(BOTH, FIRST): [8.0, 9.0],
        one_layer(FIRST, BOTH): [3.0, 3.0],
    }
    outcomes = {
        route: [outcome(route, 0.0, loss) for loss in of_route]
        for route, of_route in losses.items()
    }
    true = enumerable.true_scores(REGRESSIONS, outcomes)
    assert list(true.values()) == pytest.approx([-4, -4, -3, -8.5, -3])
    found = enumerable.judge(one_layer(SECOND, FIRST), true)
    assert found["regret"] == pytest.approx(1 / 5.5)
    assert found["rank"] == 3
    assert enumerable.judge(one_layer(FIRST, FIRST), true)["rank"] == 1
    assert enumerable.judge(one_layer(BOTH, FIRST), true)["regret"] == 1


def test_searches_are_judged_by_other_trainings(settings, monkeypatch):
    # The first half of the starts is true; the others say the opposite.
    def loss(route, start):
        read = sum(len(block.combination) for block in route.blocks.values())
        return float(read if start < 2 else -read)

    monkeypatch.setattr(enumerable, "train_routes", scripted(loss))
    monkeypatch.setattr(
        enumerable, "found_route", lambda *_: one_layer(FIRST, FIRST)
    )
    section = enumerable.run(settings)
    (regret,) = section["enumerable_regret"].values()
    assert regret["supernet, mixture"] == 0
    # 6 of 9 routes are tried: one at least that reads three or four.
    assert regret["candidates, random"] >= 0.5
    assert regret["random route"] == pytest.approx(0.5, abs=0.2)
    ((_, space),) = section["enumerable_spaces"].items()
    assert space["best_minus_worst"] == pytest.approx(2)
    assert space["std_error"] == pytest.approx(0)
    page = enumerable.page(section)
    assert "2.0000 better than the worst" in page
    assert "| supernet, gumbel | 0.0000 | 1.0 | 1 |" in page


# Planted groups


@pytest.mark.parametrize(
    ("read", "is_recovered"),
    [
        ((FIRST, SECOND, FIRST, SECOND), True),
        ((SECOND, FIRST, SECOND, FIRST), True),
        ((FIRST, SECOND, BOTH, SECOND), False),
        ((FIRST, FIRST, FIRST, FIRST), False),
        ((FIRST, FIRST, SECOND, SECOND), False),
        ((BOTH, BOTH, BOTH, BOTH), False),
    ],
)
def test_groups_are_recovered_by_what_tasks_reach(read, is_recovered):
    route = one_layer(*read)
    assert planted.recovers(route, planted.GROUPS) == is_recovered


def test_groups_must_be_apart_in_every_layer():
    def route(of_s3):
        blocks = {
            "s3": BlockRoute(of_s3, "root"),
            "s4": BlockRoute(SECOND),
            "task_0": BlockRoute(("s3",)),
            "task_1": BlockRoute(("s4",)),
        }
        return Route(2, 2, blocks)

    groups = (("task_0",), ("task_1",))
    assert planted.recovers(route(FIRST), groups)
    assert not planted.recovers(route(BOTH), groups)


def test_the_planted_route_recovers_the_groups():
    space = route_space(planted.CONFIG, planted.ROWS.schema.task_names)
    known = planted.known_routes(space)
    good = [planted.recovers(r, planted.GROUPS) for r in known.values()]
    assert good == [True, False, False]
    assert set(known.values()) <= set(all_routes(space))


# All routes at once leave nothing to be proposed by their scores.
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:.*proposes by scores after:UserWarning")
def test_planted_groups_are_found_where_they_score(settings, monkeypatch):
    good = one_layer(SECOND, FIRST, SECOND, FIRST)

    def loss(route, start):
        return 0.0 if planted.recovers(route, planted.GROUPS) else 2.0

    config = with_section(
        planted.SMOKE_CONFIG, "search.candidates", num_places=81
    )
    monkeypatch.setattr(planted, "SMOKE_CONFIG", config)
    monkeypatch.setattr(planted, "train_routes", scripted(loss))
    monkeypatch.setattr(planted, "found_route", lambda *_: good)
    section = planted.run(settings)
    rates = section["planted_recovered"]
    assert {
        rate for name, rate in rates.items() if "random route" not in name
    } == {1.0}
    assert rates["a random route"] == pytest.approx(2 / 81)
    assert rates["any of 81 random routes"] == pytest.approx(1)
    assert [entry["score"]["mean"] for entry in section["summary"]] == [
        -1,
        -3,
        -3,
    ]
    page = planted.page(section)
    assert "| candidates, evolution, cost 0.1 | 100 % |" in page
    assert "| a random route | 2.47 % |" in page


# Relatedness


def test_the_best_sparse_route_is_picked_on_validation(monkeypatch):
    space = RouteSpace(TASKS, 2, 4, value_scope="all_prev")
    routes = space.hand_made_routes()
    valid = dict(zip(routes, (0.0, 5.0, 4.0, 3.0, 6.0), strict=True))
    test = dict(zip(routes, (2.0, 7.0, 1.0, 9.0, 0.0), strict=True))

    def train_routes(trainer, data, given, starts):
        assert list(given) == list(routes.values())
        assert list(starts) == [6, 7]
        return [
            [outcome(r, valid[n] + s, test[n] - s) for s in (0, 1)]
            for n, r in routes.items()
        ]

    monkeypatch.setattr(relatedness, "train_routes", train_routes)
    data = SyntheticRows(num_train=10, batch_size=5).draw(0)
    found = relatedness.differences(None, data, routes, seed=3)
    assert found == {
        "disjoint_minus_full": pytest.approx(-5),
        "best_sparse_minus_full": pytest.approx(-7),
        "picked": list(routes)[3],
    }
