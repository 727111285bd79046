"""What studies make of trainings and routes."""

import dataclasses
import json
import sys
import types

import numpy as np
import pytest
from scipy import stats
from tolerances import NETWORK_TERMS
from tolerances import assert_near
from tolerances import near

from mtnas_tf.config import with_section
from mtnas_tf.data import Split
from mtnas_tf.data import TaskSpec
from mtnas_tf.experiment import building
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel
from mtnas_tf.search.candidates.outcome import Outcome
from mtnas_tf.search.candidates.starts import SEEDS_PER_SEARCH
from studies import __main__ as command
from studies import enumerable
from studies import planted
from studies import ranking
from studies import relatedness
from studies import standalone
from studies import supernet
from studies.recorded_trainer import RecordedTrainer
from studies.route_enumeration import all_routes
from studies.settings import Settings
from studies.synthetic_rows import NOISE_VARIANCE
from studies.synthetic_rows import SyntheticRows

TASKS = ("task_0", "task_1")
REGRESSIONS = [TaskSpec(name=task, kind="regression") for task in TASKS]
SPACE = RouteSpace(TASKS, 1, 2, query_scope="root", dedup_singletons=True)
FIRST, SECOND, BOTH = ("s1",), ("s2",), ("s1", "s2")
STUDIES = [name for name in command.STUDIES if name != "peers"]


def one_layer(*read):
    """A route of two sub-networks, by what each task reads."""
    blocks = {
        f"task_{index}": BlockRoute(names, "root")
        for index, names in enumerate(read)
    }
    return Route(1, 2, blocks)


def outcome(route, valid, test):
    """Of as many regressions as the route has tasks; losses of them all."""
    metrics = (
        {task: {"mse": loss / len(route.tasks)} for task in route.tasks}
        for loss in (valid, test)
    )
    return Outcome(0, route, 3, 1.0, *metrics)


def losses_of(trained, split):
    """Sums of all tasks' squared errors."""
    return [
        sum(metrics["mse"] for metrics in getattr(each, split).values())
        for each in trained
    ]


def scripted(loss):
    """In place of `train_routes`: `loss(route, start)`, 1 more on test."""

    def train_routes(trainer, data, routes, starts):
        return [
            [
                outcome(route, loss(route, start), loss(route, start) + 1)
                for start in starts
            ]
            for route in routes
        ]

    return train_routes


@pytest.fixture
def settings(tmp_path):
    return Settings(
        num_splits=1, num_seeds=1, is_smoke=True, build_dir=tmp_path / "build"
    )


# Rows


def test_tasks_of_a_function_differ_by_scale_and_noise():
    scales = (1.0, 2.0, 0.5, 1.5)
    drawn = SyntheticRows(num_train=300, scales=scales, num_features=5)
    data = drawn.draw(seed=3)
    assert data.splits["train"].inputs["values"].shape == (300, 5)
    rows = Split.concatenate(list(data.splits.values()))
    labels = np.concatenate([rows.labels[f"task_{i}"] for i in range(4)], 1)
    variances = np.square(scales) + NOISE_VARIANCE
    np.testing.assert_allclose(labels.var(axis=0), variances, rtol=0.03)
    for first, second, ratio in ((0, 2, 0.5), (1, 3, 0.75)):
        error = labels[:, second] - ratio * labels[:, first]
        variance = NOISE_VARIANCE * (1 + ratio**2)
        assert error.var() == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("cosine", [0.0, 0.6, 1.0])
def test_cosine_relates_the_tasks(cosine):
    drawn = SyntheticRows(
        num_train=2000, correlation=cosine, num_sines=0, num_features=4
    )
    labels = drawn.draw(seed=1).splits["train"].labels
    found = np.corrcoef(labels["task_0"].T, labels["task_1"].T)[0, 1]
    # The noise takes 1 % of the variance; the standard error is .02.
    assert found == pytest.approx(cosine / 1.01, abs=0.06)


def test_a_seed_draws_the_same_rows():
    drawn = SyntheticRows(num_train=10, batch_size=5)
    first, again, other = (
        drawn.draw(seed).splits["test"].labels["task_1"] for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


# Trainings


@pytest.fixture(scope="module")
def tiny():
    """A config and its data, two tasks in the smallest space."""
    drawn = dataclasses.replace(planted.SMOKE_ROWS, scales=(1.0, 1.0))
    return planted.SMOKE_CONFIG, drawn.draw(seed=0)


def test_outcomes_are_those_of_routes_and_starts(tiny):
    config, data = tiny
    trainer = new_trainer(config, data.schema, SPACE)
    routes = [one_layer(FIRST, BOTH), one_layer(SECOND, FIRST)]
    trained = standalone.train_routes(trainer, data, routes, [5, 7, 5])
    for route, outcomes in zip(routes, trained, strict=True):
        assert [each.route for each in outcomes] == [route] * 3
        first, second, again = losses_of(outcomes, "test")
        # Rounding grows in training: side by side, places differ.
        assert first == near(again, 10 * NETWORK_TERMS)
        assert first != pytest.approx(second, rel=1e-3)
    for split in ("valid", "test"):
        losses = [losses_of(outcomes, split) for outcomes in trained]
        found = standalone.scores(data.schema.tasks, trained, split)
        np.testing.assert_allclose(found, -np.array(losses))


def test_noise_is_what_routes_and_starts_do_not_explain():
    rng = np.random.default_rng(0)
    routes = rng.normal(size=(200, 1))
    starts = rng.normal(size=30)
    assert standalone.noise(routes + starts) == pytest.approx(0)
    noisy = routes + starts + rng.normal(scale=2.0, size=(200, 30))
    assert standalone.noise(noisy) == pytest.approx(4, rel=0.05)


def test_recorded_trainings_stand_in_for_new_ones(tiny):
    config, data = tiny
    routes = [one_layer(FIRST, BOTH), one_layer(SECOND, FIRST)] * 2
    recorded = {
        route: [outcome(route, 10 * index + start, 0) for start in range(4)]
        for index, route in enumerate(routes[:2])
    }
    wide = with_section(config, "search.candidates", num_places=4)
    trainer = RecordedTrainer(
        new_trainer(wide, data.schema, SPACE).population, recorded
    )
    starts = []
    for number in range(4):
        seed = 7 * SEEDS_PER_SEARCH + number
        (found,) = trainer.train(data, routes, [seed] * 3 + [seed + 1])
        assert [candidate.route for candidate in found] == routes
        assert found[1].seed == seed
        losses = losses_of(found, "valid")
        assert losses[1] - losses[0] == 10  # another route, the same start
        assert losses[2] == losses[0] and losses[3] != losses[1]
        starts.append(losses[0])
    assert sorted(starts) == [0, 1, 2, 3]


@pytest.fixture
def fixed_supernet(tiny, monkeypatch):
    """Every search in a supernet ends with the same untrained one."""
    config, data = tiny
    model = SearchModel(building.build_model("mtnas", config, data.schema))
    model.compile(reward="negative_loss", jit_compile=False)
    training = types.SimpleNamespace(model=model)
    monkeypatch.setattr(supernet.runner, "search", lambda *_, **__: training)
    return model


def test_supernet_scores_are_in_the_order_of_the_routes(tiny, fixed_supernet):
    config, data = tiny
    routes = all_routes(SPACE)[::-1]
    found = supernet.supernet_scores(config, data, routes)
    again = supernet.supernet_scores(config, data, routes[::-1])
    assert_near(found, again[::-1])
    assert len(np.unique(found)) == 9

    uniform = with_section(config, "search", method="uniform")
    best = routes[int(np.argmax(found))]
    assert supernet.found_route(uniform, data) == best
    fixed_supernet.supernet.policy.pin(SPACE.choices(routes[3]))
    assert supernet.found_route(config, data) == routes[3]


# Ranking


def test_a_fold_is_predicted_from_the_others_alone():
    space = RouteSpace(TASKS, 2, 3)
    routes = ranking.draw_routes(space, 20)
    assert len(set(routes)) == 20
    assert routes == ranking.draw_routes(space, 20)
    known = np.random.default_rng(0).normal(size=20)
    before = ranking.predicted_scores(space, routes, known)
    known[[3, 8]] += 5.0  # of the same fold
    changed = ranking.predicted_scores(space, routes, known) != before
    fold = np.arange(20) % ranking.NUM_FOLDS == 3
    np.testing.assert_array_equal(changed, ~fold)


def test_ceiling_is_the_correlation_with_the_expectation():
    rng = np.random.default_rng(0)
    expected = rng.normal(size=4000)
    starts = rng.normal(scale=3.0, size=4)  # the same for all routes
    true = expected[:, None] + starts + rng.normal(scale=2.0, size=(4000, 4))
    found = stats.pearsonr(expected, true.mean(axis=1)).statistic
    assert ranking.ceiling(true) == pytest.approx(found, abs=0.02)


def test_correlation_is_a_mean_over_repeats(monkeypatch):
    monkeypatch.setattr(ranking, "RESAMPLES", 50)
    rng = np.random.default_rng(0)
    true = rng.normal(size=30)
    repeats = [true + rng.normal(size=30) for _ in range(3)]
    found, (low, high) = ranking.correlation(true, repeats)
    each = [stats.spearmanr(true, judged).statistic for judged in repeats]
    assert found == pytest.approx(np.mean(each))
    assert low < found < high
    found, interval = ranking.correlation(true, [-true])
    assert (found, *interval) == pytest.approx((-1, -1, -1))


def test_ranking_keeps_starts_apart(settings, monkeypatch):
    # True scores are of the first starts; other starts rank the other way.
    def loss(route, start):
        order = sum(i * ord(c) for i, c in enumerate(str(route)))
        return float(order if start < 2 else -order)

    def supernet_scores(config, data, routes):
        return np.array([-loss(route, 0) for route in routes])

    monkeypatch.setattr(ranking, "train_routes", scripted(loss))
    monkeypatch.setattr(ranking, "supernet_scores", supernet_scores)
    monkeypatch.setattr(ranking, "RESAMPLES", 9)
    section = ranking.run(settings)
    found = section["ranking_correlation"]
    for scope in ("all_prev", "prev"):
        for judge in ("1 training", "2 trainings", "3 trainings"):
            assert found[scope][judge] == pytest.approx(-1)
    assert found["prev"]["supernet, uniform"] == pytest.approx(1)
    assert "supernet, uniform" not in found["all_prev"]
    assert all(e["ceiling"] == pytest.approx(1) for e in section["summary"])
    assert len(section["rows"]) == 2 * ranking.SMOKE_ROUTES
    page = ranking.page(section)
    assert "Spearman's rank correlation over 10 routes" in page
    assert "| prev | supernet, uniform | 1.00 | 1.00 to 1.00 | 1 |" in page


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


# The command


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:5 out of the last")
@pytest.mark.filterwarnings("ignore:.*proposes by scores after:UserWarning")
@pytest.mark.parametrize("study", STUDIES)
def test_a_smoke_run_of_a_study(study, monkeypatch, tmp_path):
    output = tmp_path / "results.json"
    monkeypatch.setattr(command, "BUILD_DIR", tmp_path / "build")
    arguments = ["studies", "--smoke", "--only", study, "--output", str(output)]
    monkeypatch.setattr(sys, "argv", arguments)
    assert command.main() == 0
    assert set(json.loads(output.read_text())["sections"]) == {study}
    assert (
        f"## {study.capitalize().replace('_', ' ')}"
        in output.with_suffix(".md").read_text()
    )
