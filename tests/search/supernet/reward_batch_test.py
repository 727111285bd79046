import keras
import numpy as np
import pytest
import toy_data
from tolerances import assert_near

from mtnas_tf.models import MTNAS
from mtnas_tf.search import auc_sum
from mtnas_tf.search import negative_loss
from mtnas_tf.search.supernet.reward_batch import RewardBatch

SPLIT = toy_data.make_split(9, toy_data.BINARY_SCHEMA, seed=2)
CLASS_SPLIT = toy_data.make_split(9, toy_data.CLASS_SCHEMA, seed=2)


def make_batch(
    reward=negative_loss,
    labels=SPLIT.labels,
    weights=None,
    schema=toy_data.BINARY_SCHEMA,
):
    keras.utils.set_random_seed(0)
    supernet = MTNAS(
        schema,
        num_layers=1,
        num_subnetworks=2,
        units=5,
        normalization="batch",
        table_initializer="random_normal",
    )
    root = supernet.encoder(SPLIT.inputs)
    return RewardBatch(supernet, reward, root, labels, weights)


def test_rewards_are_those_of_the_routes():
    batch = make_batch(auc_sum)
    choices = np.array([[6, 7], [0, 8], [3, 3]])
    logits = batch.supernet.route_logits(
        SPLIT.inputs, choices, use_batch_statistics=True
    )
    flat = {name: label[:, 0] for name, label in SPLIT.labels.items()}
    expected, _ = auc_sum(batch.supernet.schema.tasks, flat, logits)
    rewards, is_defined = batch.rewards(choices)
    assert_near(rewards, expected)
    assert rewards.shape == (2, 3)
    assert np.all(is_defined)


@pytest.mark.parametrize(
    ("schema", "labels"),
    [
        (toy_data.BINARY_SCHEMA, SPLIT.labels),
        (toy_data.CLASS_SCHEMA, CLASS_SPLIT.labels),
    ],
)
def test_slope_is_the_loss_along_each_route(schema, labels):
    batch = make_batch(labels=labels, schema=schema)
    choices = np.array([6, 7])
    probs = batch.supernet.policy.one_hot(choices)
    slope, rewards, _ = batch.slope(probs)
    at_route, _ = batch.rewards(choices[None])
    assert_near(rewards, at_route)
    step = 0.05
    for block, choice in np.ndindex(2, 9):
        shift = np.zeros((2, 9), "f")
        shift[block, choice] = step
        losses = [
            -np.sum(batch.slope(probs + sign * shift)[1]) for sign in (1, -1)
        ]
        expected = (losses[0] - losses[1]) / (2 * step)
        # Beside the losses' rounding the error of a finite difference.
        np.testing.assert_allclose(slope[block, choice], expected, atol=1e-4)
    assert np.abs(slope).max() > 1e-2


def test_weights_reach_rewards_and_slope():
    weights = {"click": np.arange(9.0)[:, None], "buy": None}
    kept = {**SPLIT.labels, "click": SPLIT.labels["click"].copy()}
    kept["click"][0] = np.nan  # weight 0 is as good as no label
    choices = np.array([[6, 7], [0, 8]])
    for reward in (auc_sum, negative_loss):
        batch = make_batch(reward, weights=weights)
        rewards, _ = batch.rewards(choices)
        logits = batch.supernet.route_logits(
            SPLIT.inputs, choices, use_batch_statistics=True
        )
        flat = {name: label[:, 0] for name, label in kept.items()}
        weight = {"click": np.arange(9, dtype="f")}
        tasks = batch.supernet.schema.tasks
        expected, _ = reward(tasks, flat, logits, weight)
        assert_near(rewards, expected)
    batch = make_batch(weights=weights)
    plain = make_batch()
    probs = batch.supernet.policy.probs()
    slope, rewards, _ = batch.slope(probs)
    plain_slope, plain_rewards, _ = plain.slope(probs)
    assert_near(rewards[1], plain_rewards[1])
    assert np.abs(rewards[0] - plain_rewards[0]) > 1e-3
    # The second block is that of the task that has no weights.
    assert_near(slope[1], plain_slope[1])
    assert np.abs(slope[0] - plain_slope[0]).max() > 1e-4


def test_a_task_without_labels_has_no_slope():
    missing = np.full((9, 1), np.nan, "f")
    batch = make_batch(labels={**SPLIT.labels, "buy": missing})
    slope, _, is_defined = batch.slope(batch.supernet.policy.probs())
    np.testing.assert_array_equal(is_defined, [True, False])
    # The second block is that of the task.
    assert not np.any(slope[1])
    assert np.any(slope[0])


def test_no_weight_changes():
    batch = make_batch()
    before = batch.supernet.get_weights()
    batch.slope(batch.supernet.policy.probs())
    batch.rewards(np.array([[6, 7]]))
    for old, new in zip(before, batch.supernet.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
