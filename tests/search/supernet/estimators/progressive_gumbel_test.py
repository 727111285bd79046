"""Gradients of drawn mixtures, and blocks that are frozen one by one."""

import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from checks import softmax
from table_batch import TableBatch
from table_batch import make_table
from tolerances import assert_near
from tolerances import near

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.models import AutoMTL
from mtnas_tf.search import SearchModel
from mtnas_tf.search.supernet.estimators import Mixture
from mtnas_tf.search.supernet.estimators import ProgressiveGumbel

TABLE = make_table()
PINNED = 20.0


def test_gradient_is_that_of_the_mixture_drawn():
    policy = RoutePolicy([9, 9])
    estimator = ProgressiveGumbel(1.5, 1.5)
    noisy = estimator.draw(policy)
    gradient, rewards, _ = estimator.gradient(
        policy, noisy, TableBatch(TABLE), 3
    )
    rows = noisy[0].numpy().astype("float64")

    def loss(rows):
        first, second = (softmax(row / 1.5) for row in rows)
        return -first @ TABLE @ second

    assert float(rewards[0, 0]) == near(-loss(rows))
    step = 1e-3
    for block, choice in np.ndindex(2, 9):
        shift = np.zeros((2, 9))
        shift[block, choice] = step
        expected = (loss(rows + shift) - loss(rows - shift)) / (2 * step)
        assert float(gradient[block, choice]) == near(expected)


def search_of(estimator, **kwargs):
    keras.utils.set_random_seed(0)
    supernet = AutoMTL(
        toy_data.BINARY_SCHEMA,
        num_layers=2,
        units=5,
        embedding_dim=4,
        table_initializer="random_normal",
        **kwargs,
    )
    search = SearchModel(supernet)
    search.compile(estimator=estimator, run_eagerly=True, jit_compile=False)
    return search


def route_step(search):
    rows = toy_data.make_split(6, toy_data.BINARY_SCHEMA)
    draw = search.estimator.draw(search.supernet.policy)
    search.route_step(draw, search.reward_root(rows.inputs), rows.labels)


def test_blocks_are_frozen_one_after_the_other():
    search = search_of(ProgressiveGumbel(freezing_start=2, freezing_steps=1))
    policy = search.supernet.policy
    frozen = []
    for step in range(1, 7):
        before = policy.logits.numpy()
        route_step(search)
        logits = policy.logits.numpy()
        now = [*np.flatnonzero(logits.max(axis=1) == PINNED)]
        assert len(now) == min(max(step - 1, 0), 4)
        assert set(frozen) <= set(now)
        # What is frozen stays, and what is not moves on.
        np.testing.assert_array_equal(logits[frozen], before[frozen])
        free = [block for block in range(4) if block not in now]
        assert all((logits[b] != before[b]).any() for b in free)
        frozen = now
    assert search.supernet.body.top_probs().numpy().min() > 0.999


def test_the_surest_block_is_frozen_first():
    policy = RoutePolicy([3, 2, 3])
    policy.logits.assign([[0.0, 0.5, 0.0], [2.0, 0.0, 0.0], [0.0, 0.0, 3.0]])
    estimator = ProgressiveGumbel(freezing_start=1, learning_rate=1e-6)
    estimator.build(1)
    optimizer = estimator.default_optimizer()
    optimizer.build([policy.logits])

    class NoSlope:
        def slope(self, probs):
            return tf.zeros_like(probs), tf.zeros((1, 1)), np.array([True])

    estimator.step(policy, estimator.draw(policy), NoSlope(), optimizer)
    assert [*estimator.is_frozen(policy)] == [False, False, True]
    assert [*policy.logits[2].numpy()] == [0.0, 0.0, PINNED]


def test_weights_train_through_the_mixture():
    search = search_of("progressive")
    supernet, estimator = search.supernet, search.estimator
    root = supernet.encoder(toy_data.make_split(4).inputs)
    draw = estimator.draw(supernet.policy)
    # In the warm-up all choices alike; the first layer has two.
    mean = np.array([[1 / 2, 1 / 2, 0]] * 2 + [[1 / 3] * 3] * 2, "float32")
    drawn = np.array([softmax(row / 5.0) for row in draw[0].numpy()], "float32")
    for steps, mixture in ((0.0, mean), (1.0, drawn)):
        estimator.num_steps.assign(steps)
        logits = estimator.training_logits(supernet, root, draw)
        expected = supernet.root_mixture_logits(root, mixture[None], True)
        for task in expected:
            # The temperature falls by half a percent in a step.
            assert_near(logits[task], expected[task], num_terms=2**16)


def test_a_penalty_draws_tasks_to_what_is_shared():
    estimator = Mixture(learning_rate=0.05, weight_decay=0.0)
    search = search_of(estimator, sharing_weight=100.0)
    for _ in range(3):
        route_step(search)
    first = search.supernet.policy.probs().numpy()[:2]
    assert (first[:, 0] > 0.52).all()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"freezing_start": -1}, "`freezing_start` must.*=-1"),
        ({"freezing_steps": 0}, "`freezing_steps` must.*=0"),
        ({"weight_decay": -0.1}, "`weight_decay` must.*=-0.1"),
        ({"annealing_steps": 0}, "`annealing_steps` must.*=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ProgressiveGumbel(**kwargs)
