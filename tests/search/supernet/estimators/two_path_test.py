import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import softmax
from table_batch import TableBatch
from table_batch import make_table
from tolerances import assert_near

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet.estimators import TwoPath

TABLE = make_table()


def make_policy(sizes=(9, 9)):
    policy = RoutePolicy(sizes)
    logits = np.random.default_rng(1).normal(size=policy.logits.shape)
    policy.logits.assign(logits)
    return policy


def test_draws_two_different_paths():
    policy = make_policy((3, 5))
    draws = np.array([TwoPath().draw(policy) for _ in range(200)])
    assert draws.shape == (200, 3, 2)
    assert (draws < [3, 5]).all()
    assert (draws[:, 1] != draws[:, 2]).all()


def test_paths_are_drawn_in_proportion():
    policy = make_policy((3,))
    num_draws = 1500

    @tf.function
    def draw(_):
        return TwoPath().draw(policy)[:, 0]

    draws = tf.map_fn(draw, tf.range(num_draws), fn_output_signature=tf.int32)
    probs = softmax(policy.logits.numpy()[0])
    # Without replacement: b after a, or a after b.
    pairs = np.zeros((3, 3))
    for a, b in ((0, 1), (0, 2), (1, 2)):
        of_pair = probs[a] * probs[b]
        of_pair *= 1 / (1 - probs[a]) + 1 / (1 - probs[b])
        for active, other in ((a, b), (b, a)):
            pairs[active, other] = (
                of_pair * probs[active] / (probs[a] + probs[b])
            )
    counts = np.zeros((3, 3))
    np.add.at(counts, (draws.numpy()[:, 1], draws.numpy()[:, 2]), 1 / num_draws)
    tolerance = 4 * np.sqrt(pairs * (1 - pairs) / num_draws)
    assert (np.abs(counts - pairs) <= tolerance).all()
    weights = np.bincount(draws.numpy()[:, 0], minlength=3) / num_draws
    tolerance = 4 * np.sqrt(probs * (1 - probs) / num_draws)
    assert (np.abs(weights - probs) <= tolerance).all()


def test_gradient_is_that_of_the_binary_gates():
    policy = make_policy()
    logits = policy.logits.numpy()
    active, other = [4, 7], [2, 0]
    gradient, rewards, _ = TwoPath().gradient(
        policy, np.array([[0, 0], active, other]), TableBatch(TABLE), 0
    )
    assert rewards[0, 0] == TABLE[4, 7]
    # Loss along each path of a block, the other block at its active path.
    losses = [-TABLE[:, active[1]], -TABLE[active[0]]]
    expected = np.zeros((2, 9))
    for block in range(2):
        pair = [active[block], other[block]]
        gates = softmax(logits[block, pair])
        for i in range(2):
            for j in range(2):
                expected[block, pair[i]] += (
                    losses[block][pair[j]] * gates[j] * ((i == j) - gates[i])
                )
    assert_near(gradient, expected)


@pytest.mark.parametrize("optimizer", [None, "adam"])
def test_a_step_moves_probability_between_the_two_alone(optimizer):
    policy = make_policy()
    estimator = TwoPath(learning_rate=0.5)
    # Even one with momentum, which moves all logits.
    optimizer = keras.optimizers.get(optimizer or estimator.default_optimizer())
    optimizer.learning_rate = 0.5
    optimizer.build([policy.logits])
    for _ in range(5):
        before = policy.probs().numpy()
        draw = estimator.draw(policy).numpy()
        estimator.step(policy, draw, TableBatch(TABLE), optimizer)
        moved = np.abs(policy.probs().numpy() - before) > 1e-6
        expected = np.zeros((2, 9), bool)
        for path in draw[1:]:
            expected[np.arange(2), path] = True
        np.testing.assert_array_equal(moved, expected)


def test_a_block_of_one_route_stays():
    policy = make_policy((1, 9))
    estimator = TwoPath()
    optimizer = estimator.default_optimizer()
    optimizer.build([policy.logits])
    for _ in range(3):
        draw = estimator.draw(policy)
        estimator.step(policy, draw, TableBatch(TABLE), optimizer)
    np.testing.assert_array_equal(policy.probs()[0], np.eye(9)[0])
    assert np.isfinite(policy.logits).all()
