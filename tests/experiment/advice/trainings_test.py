"""Which networks are trained, and whose scores are whose."""

import numpy as np
import pytest
from tiny_experiment import CONFIG
from tiny_experiment import load_data

from mtnas_tf.config import with_section
from mtnas_tf.experiment.advice.trainings import Trainings
from mtnas_tf.population import Candidate
from mtnas_tf.population import CandidateTrainer


def scripted(trainer, data, routes, seeds):
    """Scores that tell tasks, groups and starts apart."""
    tasks = data.schema.task_names
    for route, seed in zip(routes, seeds, strict=True):
        read = {task: route.blocks[task].combination for task in tasks}
        is_shared = len(tasks) > 1 and len({*read.values()}) == 1
        valid = {
            task: {
                "auc": 0.5 + (task == "buy") / 10 + is_shared / 5 + seed / 1e3,
                "log_loss": 1.0,
            }
            for task in tasks
        }
        yield [Candidate(route, seed, 1, valid)]


def test_scores_are_means_of_starts(monkeypatch):
    monkeypatch.setattr(CandidateTrainer, "train", scripted)
    data = load_data(CONFIG)
    trainings = Trainings(CONFIG, data.schema, num_starts=2)
    assert np.isnan(trainings.seconds)
    first = trainings.scores(data, 0)
    assert [*first] == ["alone", "click+buy", "click | buy"]
    starts = (3 + 4) / 2 / 1e3  # from the config's seed
    np.testing.assert_allclose(first["alone"], [0.5 + starts, 0.6 + starts])
    np.testing.assert_allclose(first["click+buy"], first["alone"] + 0.2)
    np.testing.assert_allclose(first["click | buy"], first["alone"])
    second = trainings.scores(data, 1)
    np.testing.assert_allclose(second["alone"], first["alone"] + 2e-3)
    # On each deal, from two starts: two tasks alone and two groupings.
    assert trainings.count == 2 * trainings.per_deal == 2 * 2 * (2 + 2)
    # Of whole populations: one of the groupings, one of each task.
    assert trainings.effort == 1 + 2
    assert trainings.seconds > 0


def test_effort_counts_what_does_not_fit_side_by_side():
    trainings = Trainings(CONFIG, load_data(CONFIG).schema, num_starts=20)
    # Of at most twelve places: 40 networks of groupings, 20 of each task.
    assert trainings.effort == 4 + 2 * 2


def test_places(monkeypatch):
    trainings = Trainings(CONFIG, load_data(CONFIG).schema, num_starts=3)
    counts = [
        trainer.population.num_candidates
        for trainer in (trainings._together, *trainings._alone.values())
    ]
    assert counts == [6, 3, 3]


@pytest.mark.parametrize("num_layers", [1, 2])
def test_routes_are_of_the_space(num_layers):
    config = with_section(CONFIG, "model", num_layers=num_layers)
    trainings = Trainings(config, load_data(config).schema, num_starts=1)
    space = trainings._together.population.space
    for grouping in trainings.groupings:
        space.check(space.hand_made.grouped(grouping))
