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
    [("random", [16, 4, 4]), (Surrogate(SPACE, num_random=8), [8] + [4] * 4)],
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
    """A search's result, the network's predictions and the work shown."""
    search = kind(BINARY_SCHEMA, 1, 2, **{**SIZES, **kwargs}, seed=3)
    with without_graphs(), shown_progress(9, lambda line: None) as progress:
        found = search.run(DATA, 0, executor)
        inputs = DATA.splits["test"].inputs
        predicted = found.network.predict(inputs, verbose=0)
    return found, predicted, progress.done


def assert_found_alike(remote, here):
    (found, predicted, work), (expected, own_predicted, own_work) = remote, here
    assert found.candidates == expected.candidates
    assert found.scores() == expected.scores()
    assert found.route == expected.route
    for task in DATA.schema.task_names:
        np.testing.assert_array_equal(predicted[task], own_predicted[task])
    optimizer = expected.network.optimizer.get_config()
    assert found.network.optimizer.get_config() == optimizer
    assert work == pytest.approx(own_work)


def test_an_executor_finds_the_same():
    kwargs = {"strategy": "random", "num_rounds": 1, "num_final_rounds": 0}
    kwargs |= {"epochs": 1, "cost_weight": 0.25}
    executor = InlineExecutor()
    remote = trained(CandidateSearch, executor, **kwargs)
    assert executor.names == ["networks 1 to 2"]
    assert_found_alike(remote, trained(CandidateSearch, **kwargs))


@pytest.mark.slow
def test_an_executor_reports_the_same():
    kwargs = {"strategy": "random", "num_rounds": 2}
    here = trained(CandidateSearch, **kwargs)
    remote = trained(CandidateSearch, InlineExecutor(), **kwargs)
    assert_found_alike(remote, here)
    with without_graphs():
        expected = here[0].report(2, 0)
        received = remote[0].report(2, 0, InlineExecutor())
    assert str(received) == str(expected)


@pytest.mark.slow
def test_an_executor_finds_the_same_by_halving():
    kwargs = {"num_rounds": 2, "num_rungs": 2, "reduction": 2}
    remote = trained(HalvingSearch, InlineExecutor(), **kwargs)
    assert_found_alike(remote, trained(HalvingSearch, **kwargs))


def test_a_trainer_is_stored_as_it_is():
    search = CandidateSearch(BINARY_SCHEMA, 1, 2, **SIZES, patience=4)
    trainer = search.trainer.with_epochs(2)
    stored = StoredTrainer.of(trainer)
    opened = stored.open()
    assert (opened.epochs, opened.patience, opened.full_epochs) == (1, 4, 2)
    for part in ("body", "encoder", "optimizer"):
        config, expected = (
            getattr(each.population, part).get_config()
            for each in (opened, trainer)
        )
        assert config == expected
    assert opened.population.jit_compile == trainer.population.jit_compile
    # One process compiles it once.
    assert stored.open().population is opened.population


def test_a_failing_population_is_named():
    search = CandidateSearch(
        BINARY_SCHEMA, 1, 2, **SIZES, num_rounds=1, strategy="random"
    )
    search.trainer.population.optimizer.learning_rate = np.nan
    with without_graphs():
        with pytest.raises(JobError, match='the job "networks 1 to 2" failed'):
            search.run(DATA, 0, InlineExecutor())
