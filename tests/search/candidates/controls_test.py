import numpy as np
import pytest
from scripted_trainer import ScriptedTrainer
from toy_data import BINARY_SCHEMA
from toy_data import make_data

from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search.candidates.controls import hand_made_control
from mtnas_tf.search.candidates.network_cost import network_cost
from mtnas_tf.search.candidates.starts import fresh_starts

TASKS = BINARY_SCHEMA.task_names
SPACE = RouteSpace(TASKS, 2, 2, dedup_singletons=True, value_scope="all_prev")
DATA = make_data(schema=BINARY_SCHEMA)
NUM_TRAININGS = 12  # of a search: two rounds and a final one of four


def luck(route, seed):
    """What a network scores, between 0 and 1, by its route and start."""
    text = sum(route.to_json().encode())
    return float(np.random.default_rng([text, seed]).uniform())


def metrics(score):
    return {"click": {"auc": 0.75 * score}, "buy": {"auc": 0.25 * score}}


class Trainer(ScriptedTrainer):
    """Networks score `luck` on valid, and a half of it on test."""

    def __init__(self):
        super().__init__(SPACE, lambda r, s, _: metrics(luck(r, s)), 4)
        self.population.evaluate_each = self._evaluate_each
        self.population.network = self._network

    def _evaluate_each(self, batches):
        (labels,) = [y["click"] for _, y in batches]
        assert len(labels) == len(DATA.splits["test"])
        return [metrics(luck(*job) / 2) for job in self.here]

    def _network(self, place):
        return Network(*self.here[place])


class Network:
    def __init__(self, route, seed):
        self.route = route
        self.seed = seed

    def evaluate_by_task(self, batches):
        return metrics(luck(self.route, self.seed) / 2)


@pytest.fixture(scope="module")
def found():
    search = CandidateSearch(
        BINARY_SCHEMA,
        trainer=Trainer(),
        strategy="random",
        num_rounds=2,
        cost_weight=0.25,
        seed=3,
    )
    return search.run(DATA, verbose=0)


@pytest.fixture(scope="module")
def report(found):
    return found.report(num_retrainings=3, verbose=0)


def jobs(found):
    """(route, start) of what the report has trained: the last call."""
    _, routes, seeds = found.trainer.rounds[-1]
    return list(zip(routes, seeds, strict=True))


def test_controls_have_as_many_trainings_from_as_many_starts(found, report):
    trained = jobs(found)
    again, random, restarted = (
        trained[:3],
        trained[3 : 3 + NUM_TRAININGS],
        trained[3 + NUM_TRAININGS :],
    )
    starts = fresh_starts(3, NUM_TRAININGS)
    assert again == [(found.route, start) for start in starts[:3]]
    assert [start for _, start in random] == starts
    assert len({route for route, _ in random}) > NUM_TRAININGS // 2
    mmoe = SPACE.hand_made_routes()["one_layer_route"]
    assert restarted == [(mmoe, start) for start in starts]
    # The search has used none of them.
    *rounds, _ = found.trainer.rounds
    searched = [seed for _, _, seeds in rounds for seed in seeds]
    assert not set(searched) & set(starts)


def test_the_best_are_picked_on_valid_as_the_search_picks(found, report):
    trained = jobs(found)
    cost = network_cost(found.trainer.population, SPACE.full_route())

    def worth(job):
        share = network_cost(found.trainer.population, job[0]) / cost
        return luck(*job) - 0.25 * share

    searched, _, random, _, restarted, _ = report.rows
    best = max(trained[3 : 3 + NUM_TRAININGS], key=worth)
    assert random.score == pytest.approx(luck(*best) / 2)
    assert random.multiply_adds == network_cost(
        found.trainer.population, best[0]
    )
    best = max(trained[3 + NUM_TRAININGS :], key=worth)
    assert restarted.score == pytest.approx(luck(*best) / 2)
    picked = luck(found.network.route, found.network.seed)
    assert searched.score == pytest.approx(picked / 2)
    assert searched.metrics == metrics(picked / 2)
    for row in (searched, random, restarted):
        assert row.num_trainings == NUM_TRAININGS


def test_means_and_their_errors(found, report):
    scores = [luck(*job) / 2 for job in jobs(found)]
    parts = (scores[:3], scores[3:15], scores[15:])
    for row, part in zip(report.rows[1::2], parts, strict=True):
        assert row.num_trainings == len(part)
        assert row.score == pytest.approx(np.mean(part))
        error = np.std(part, ddof=1) / np.sqrt(len(part))
        assert row.std_error == pytest.approx(error)


def test_a_report_is_made_once(found, report):
    num_calls = len(found.trainer.rounds)
    assert found.report(num_retrainings=3) is report
    assert len(found.trainer.rounds) == num_calls
    with shown_progress(9.0, print):
        assert found.report(num_retrainings=2, verbose=0) is not report
    assert len(found.trainer.rounds) == num_calls + 1


def test_wrong_arguments(found):
    with pytest.raises(ValueError, match="`num_retrainings` must.*at least 2"):
        found.report(num_retrainings=1)
    with pytest.raises(ValueError, match="`verbose` must be one of"):
        found.report(num_retrainings=5, verbose="loud")


@pytest.mark.parametrize(
    ("arguments", "name", "route"),
    [
        ({"value_scope": "all_prev"}, "MMoE", "one_layer"),
        ({}, "ML-MMoE", "full"),
        ({"num_layers": 1}, "MMoE", "full"),
        ({"gated": False}, "full sharing", "full"),
    ],
)
def test_the_method_that_a_space_holds(arguments, name, route):
    sizes = {"tasks": TASKS, "num_layers": 2, "num_subnetworks": 3}
    space = RouteSpace(**{**sizes, **arguments})
    expected = getattr(space.hand_made, route)()
    assert hand_made_control(space) == (name, expected)
