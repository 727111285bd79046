"""A search whose candidates are trained by an executor."""

import numpy as np
import pytest
from inline_executor import InlineExecutor
from scripted_trainer import ScriptedTrainer
from tiny_experiment import without_graphs
from toy_data import BINARY_SCHEMA
from toy_data import make_data

from mtnas_tf.jobs import JobError
from mtnas_tf.population.stored_trainer import StoredTrainer
from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search import CandidateSearchResult
from mtnas_tf.search import HalvingSearch
from mtnas_tf.search.candidates.strategies import Surrogate

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")

SPACE = RouteSpace(BINARY_SCHEMA.task_names, 1, 2, dedup_singletons=True)
DATA = make_data(schema=BINARY_SCHEMA)
SIZES = {"num_places": 2, "units": 3, "embedding_dim": 2, "epochs": 2}


def by_route(route, seed, epochs):
    score = len(route.to_json()) + seed % 1000 / 10
    return {"click": {"auc": score}, "buy": {"auc": 0.0}}


def filled(is_remote, **kwargs):
    """A scripted search's result, and the routes of every call."""
    trainer = ScriptedTrainer(SPACE, by_route, places=4)
    trainer.is_remote = is_remote
    search = CandidateSearch(BINARY_SCHEMA, trainer=trainer, **kwargs)
    result = CandidateSearchResult(
        trainer, DATA, search.score, search.cost, 0, search.effort
    )
    lines = []
    search.fill(result, DATA, lines.append, trainer)
    return result, [len(routes) for _, routes, _ in trainer.rounds], lines


@pytest.mark.parametrize(
    ("strategy", "calls"),
    [("random", [16, 8]), (Surrogate(SPACE, num_random=8), [8, 4, 4, 8])],
    ids=["random", "surrogate"],
)
def test_rounds_that_wait_for_no_scores_are_trained_together(strategy, calls):
    kwargs = {"strategy": strategy, "num_rounds": 4, "num_final_rounds": 2}
    here, own_calls, own_lines = filled(False, **kwargs)
    remote, remote_calls, remote_lines = filled(True, **kwargs)
    assert own_calls == [4] * 6
    assert remote_calls == calls
    assert remote.candidates == here.candidates
    assert remote.num_learned == here.num_learned
    assert remote_lines == own_lines
    assert (remote.route, remote.best) == (here.route, here.best)


def trained(kind, executor=None, **kwargs):
    search = kind(BINARY_SCHEMA, 1, 2, **SIZES, seed=3, **kwargs)
    with without_graphs(), shown_progress(9, lambda line: None) as progress:
        found = search.run(DATA, 0, executor)
        report = found.report(2, 0, executor)
    return found, report, progress.done


def test_an_executor_finds_the_same():
    kwargs = {"strategy": "random", "num_rounds": 2, "cost_weight": 0.25}
    here, report, work = trained(CandidateSearch, **kwargs)
    executor = InlineExecutor()
    found, remote_report, remote_work = trained(
        CandidateSearch, executor, **kwargs
    )
    assert executor.names[:3] == [
        "networks 1 to 2",
        "networks 3 to 4",
        "networks 1 to 2",
    ]
    assert found.candidates == here.candidates
    assert found.scores() == here.scores()
    assert found.route == here.route
    inputs = DATA.splits["test"].inputs
    own, expected = (
        each.network.predict(inputs, verbose=0) for each in (found, here)
    )
    for task in DATA.schema.task_names:
        np.testing.assert_array_equal(own[task], expected[task])
    assert found.network.optimizer.get_config() == (
        here.network.optimizer.get_config()
    )
    assert str(remote_report) == str(report)
    assert remote_work == pytest.approx(work)


@pytest.mark.slow
def test_an_executor_finds_the_same_by_halving():
    kwargs = {"num_rounds": 2, "num_rungs": 2, "reduction": 2}
    here, *_ = trained(HalvingSearch, **kwargs)
    found, *_ = trained(HalvingSearch, InlineExecutor(), **kwargs)
    assert found.candidates == here.candidates
    assert found.route == here.route


def test_a_trainer_is_stored_as_it_is():
    search = CandidateSearch(BINARY_SCHEMA, 1, 2, **SIZES, patience=4)
    trainer = search.trainer.with_epochs(2)
    stored = StoredTrainer.of(trainer)
    opened = stored.open()
    assert (opened.epochs, opened.patience, opened.full_epochs) == (1, 4, 2)
    assert StoredTrainer.of(opened) == stored
    assert opened.population.jit_compile == trainer.population.jit_compile
    # One process compiles it once.
    assert stored.open().population is opened.population


def test_a_failing_population_is_named():
    search = CandidateSearch(BINARY_SCHEMA, 1, 2, **SIZES, num_rounds=1)
    search.trainer.population.optimizer.learning_rate = np.nan
    with without_graphs():
        with pytest.raises(JobError, match='the job "networks 1 to 2" failed'):
            search.run(DATA, 0, InlineExecutor())
