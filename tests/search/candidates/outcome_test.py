import dataclasses
import types

import toy_data
from toy_outcomes import FULL
from toy_outcomes import OTHER
from toy_outcomes import TASKS
from toy_outcomes import metrics
from toy_outcomes import outcome

from mtnas_tf.population import Candidate
from mtnas_tf.search.candidates.job import Job
from mtnas_tf.search.candidates.outcome import best_of
from mtnas_tf.search.candidates.outcome import mean_of
from mtnas_tf.search.candidates.outcome import train_jobs


class ScriptedTrainer:
    """Two places; on a split of n rows seed s has the AUC s / n."""

    def __init__(self):
        self.read = []  # splits that were evaluated
        self.population = types.SimpleNamespace(evaluate_each=self._evaluate)

    def train(self, data, routes, seeds):
        for start in range(0, len(routes), 2):
            self.seeds = list(seeds[start : start + 2])
            self.seeds += self.seeds[-1:] * (2 - len(self.seeds))
            pairs = zip(routes[start : start + 2], self.seeds, strict=False)
            yield [Candidate(r, s, s % 3, metrics(s / 13)) for r, s in pairs]

    def _evaluate(self, batches):
        (labels,) = [y["click"] for _, y in batches]
        self.read.append(len(labels))
        return [metrics(seed / len(labels)) for seed in self.seeds]


def test_jobs_become_outcomes_in_order():
    trainer, data = ScriptedTrainer(), toy_data.make_data()
    jobs = [Job(3, FULL, 1), Job(3, OTHER, 4), Job(4, FULL, 2)]
    outcomes = train_jobs(trainer, data, jobs)
    assert trainer.read == [5, 5]  # the test split, once a network
    for job, found in zip(jobs, outcomes, strict=True):
        assert (found.pair, found.route) == (job.pair, job.route)
        assert found.epochs == job.start % 3
        assert found.valid["click"]["auc"] == job.start / 13
        assert found.test["click"]["auc"] == job.start / 5
        assert found.num_trainings == 1
        assert found.seconds > 0


def test_best_by_validation_though_worst_on_test():
    outcomes = [
        outcome(0.6, 0.9, epochs=1, seconds=2.0),
        outcome(0.8, 0.1, OTHER, epochs=3, seconds=5.0),
        outcome(0.7, 0.8, epochs=2, seconds=4.0),
    ]
    best = best_of(TASKS, outcomes)
    assert best.valid == metrics(0.8)
    assert best.test == metrics(0.1)
    assert best.route == OTHER
    # It has cost them all.
    assert (best.epochs, best.seconds, best.num_trainings) == (6, 11.0, 3)


def test_mean_of_one_route():
    trained = [outcome(0.5, 0.25), outcome(0.75, 0.75)]
    mean = mean_of(trained)
    assert mean == dataclasses.replace(
        outcome(0.625, 0.5, FULL, 4, 6.0, num_trainings=2),
        valid_of_each=[one.valid for one in trained],
    )


def test_mean_of_several_routes_has_none():
    mean = mean_of([outcome(0.5, 0.5), outcome(0.5, 0.5, OTHER)])
    assert mean.route is None
