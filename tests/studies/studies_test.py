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
from toy_outcomes_of_routes import BOTH
from toy_outcomes_of_routes import FIRST
from toy_outcomes_of_routes import SECOND
from toy_outcomes_of_routes import SPACE
from toy_outcomes_of_routes import TASKS
from toy_outcomes_of_routes import one_layer
from toy_outcomes_of_routes import outcome
from toy_outcomes_of_routes import scripted

from mtnas_tf.config import with_section
from mtnas_tf.data import Split
from mtnas_tf.experiment import building
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel
from mtnas_tf.search.candidates.starts import SEEDS_PER_SEARCH
from studies import __main__ as command
from studies import planted
from studies import ranking
from studies import standalone
from studies import supernet
from studies.recorded_trainer import RecordedTrainer
from studies.route_enumeration import all_routes
from studies.synthetic_rows import NOISE_VARIANCE
from studies.synthetic_rows import SyntheticRows

STUDIES = [name for name in command.STUDIES if name != "peers"]


def losses_of(trained, split):
    """Sums of all tasks' squared errors."""
    return [
        sum(metrics["mse"] for metrics in getattr(each, split).values())
        for each in trained
    ]


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
