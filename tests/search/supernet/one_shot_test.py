import itertools

import keras
import numpy as np
import pytest
import toy_data
from tolerances import near

from mtnas_tf.derive import derive_route
from mtnas_tf.models import MTNAS
from mtnas_tf.models import AutoMTL
from mtnas_tf.search import SearchModel
from mtnas_tf.search import auc_sum
from mtnas_tf.search import one_shot_search
from mtnas_tf.search.candidates.strategies import Strategy

BATCHES = [
    (split.inputs, split.labels)
    for split in (
        toy_data.make_split(13, toy_data.BINARY_SCHEMA, seed=3),
        toy_data.make_split(13, toy_data.BINARY_SCHEMA, seed=4),
    )
]


class InOrder(Strategy):
    """Proposes the routes of a space one after the other."""

    def __init__(self, space):
        super().__init__(space)
        sizes = [range(len(block.routes)) for block in space.blocks]
        self.routes = [space.route(c) for c in itertools.product(*sizes)]
        self.asked = []

    def propose(self, trials, count, rng):
        self.asked.append((len(trials), count))
        return self.routes[len(trials) : len(trials) + count]


def make_search():
    keras.utils.set_random_seed(0)
    supernet = MTNAS(
        toy_data.BINARY_SCHEMA,
        num_layers=1,
        num_subnetworks=2,
        units=5,
        table_initializer="random_normal",
        dedup_singletons=True,
    )
    search = SearchModel(supernet)
    search.compile(estimator="uniform", jit_compile=False)
    return search


def expected_score(search, route, batches):
    """Mean over the batches where a task is defined, summed over tasks."""
    choices = search.supernet.space.choices(route)[None]
    rewards, defined = [], []
    for inputs, labels, *weights in batches:
        logits = search.supernet.route_logits(inputs, choices)
        flat = {name: label[:, 0] for name, label in labels.items()}
        reward, is_defined = auc_sum(
            search.schema.tasks, flat, logits, *weights
        )
        rewards.append(reward[:, 0])
        defined.append(is_defined)
    means = np.ma.masked_array(rewards, ~np.array(defined)).mean(axis=0)
    return means.sum()


@pytest.mark.slow
def test_all_routes_are_scored_and_the_best_is_pinned():
    search = make_search()
    strategy = InOrder(search.supernet.space)
    trials = one_shot_search(
        search, strategy, BATCHES, num_candidates=25, routes_per_pass=10
    )
    assert strategy.asked == [(0, 10), (10, 10), (20, 5)]
    assert [trial.route for trial in trials] == strategy.routes
    for trial in trials:
        expected = expected_score(search, trial.route, BATCHES)
        assert trial.score == near(expected)
    best = max(trials, key=lambda trial: trial.score)
    assert best != min(trials, key=lambda trial: trial.score)
    assert derive_route(search) == search.route == best.route
    assert np.min(np.max(search.supernet.policy.probs(), axis=1)) > 0.999


def test_a_task_counts_where_it_is_defined():
    search = make_search()
    one_class = {**BATCHES[0][1], "buy": np.ones((13, 1), "f")}
    batches = [(BATCHES[0][0], one_class), BATCHES[1]]
    (trial,) = one_shot_search(
        search, InOrder(search.supernet.space), batches, 1, routes_per_pass=2
    )
    expected = expected_score(search, trial.route, batches)
    assert trial.score == near(expected)


def test_rows_are_weighed():
    search = make_search()
    weights = {"buy": np.arange(13, dtype="f")}
    batches = [(*batch, weights) for batch in BATCHES]
    space = search.supernet.space
    (trial,) = one_shot_search(search, InOrder(space), batches, 1)
    expected = expected_score(search, trial.route, batches)
    assert trial.score == near(expected)
    unweighted = expected_score(search, trial.route, BATCHES)
    assert abs(trial.score - unweighted) > 1e-3


def test_no_weight_changes_but_the_logits():
    search = make_search()
    data = toy_data.make_data()
    search.fit(data.search, epochs=1, verbose=0)
    search.settle()
    before = [w.numpy() for w in search.supernet.trainable_weights]
    one_shot_search(search, InOrder(search.supernet.space), data.valid, 3)
    after = search.supernet.trainable_weights
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_candidates": 0}, "`num_candidates` and.*num_candidates=0"),
        ({"routes_per_pass": 0}, "`routes_per_pass` must.*routes_per_pass=0"),
        ({"batches": iter(())}, "`batches` must hold at least one.*none"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    search = make_search()
    given = {"batches": BATCHES, "num_candidates": 2} | kwargs
    with pytest.raises(ValueError, match=message):
        one_shot_search(search, InOrder(search.supernet.space), **given)


def test_a_supernet_whose_routes_no_strategy_proposes_is_refused():
    search = SearchModel(AutoMTL(toy_data.BINARY_SCHEMA, units=3))
    with pytest.raises(ValueError, match="`search` must be.*a `SharingSpace`"):
        one_shot_search(search, make_search().supernet, BATCHES, 1)
