"""The training step of routing networks: experts, then agents."""

import dataclasses

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from tolerances import assert_near

from mtnas_tf.losses import loss_for
from mtnas_tf.models import RoutingNetworks
from mtnas_tf.models.row_rewards import row_rewards

SCHEMA = dataclasses.replace(
    toy_data.CLASS_SCHEMA, tasks=(*toy_data.CLASS_SCHEMA.tasks, toy_data.BUY)
)
ROWS = toy_data.make_split(30, SCHEMA)
BATCH = (ROWS.inputs, ROWS.labels)


def make(**kwargs):
    keras.utils.set_random_seed(0)
    kwargs = {"num_experts": 3, "hidden_units": (6,)} | kwargs
    model = RoutingNetworks(SCHEMA, table_initializer="random_normal", **kwargs)
    optimizer = keras.optimizers.SGD(0.05)
    model.compile(optimizer, jit_compile=False, run_eagerly=True)
    return model


@pytest.mark.parametrize("reward", ["negative_loss", "correct"])
def test_a_step_moves_experts_and_agents(reward):
    model = make(reward=reward)
    before = model.get_weights()
    policy = model.body.policy.numpy()
    for _ in range(2):  # the first sets the average of returns
        model.train_on_batch(*BATCH)
    moved = [
        (a != b).any()
        for a, b in zip(model.get_weights(), before, strict=True)
        if a.dtype == np.float32
    ]
    assert all(moved)
    assert (model.body.policy.numpy() != policy).any()


def test_rewards_are_minus_the_losses_of_the_rows():
    model = make()
    seen = {}
    learn = model.body.learn

    def spy(chosen, rewards, weights):
        seen.update(chosen=chosen, rewards=rewards, weights=weights)
        learn(chosen, rewards, weights)

    model.body.learn = spy
    towers = model.towers.get_weights()
    experts = model.body.get_weights()
    encoder = model.encoder.get_weights()
    weights = {"buy": np.full((30, 1), 2.0, "f")}
    model.train_on_batch(*BATCH, weights)
    # The same paths before the step of the experts.
    model.towers.set_weights(towers)
    model.body.set_weights(experts)
    model.encoder.set_weights(encoder)
    root = model.encoder(ROWS.inputs)
    chosen = tf.unstack(seen["chosen"])
    drawn = model.body.run(root, chosen, training=True)
    predictions = model.towers(drawn)
    for index, task in enumerate(SCHEMA.tasks):
        labels = ROWS.labels[task.name]
        for row in range(30):
            one = slice(row, row + 1)
            is_missing = np.isnan(labels[row, 0])
            weight = 0 if is_missing else 2 if task.name == "buy" else 1
            assert seen["weights"][index, row] == weight
            if not is_missing:
                loss = loss_for(task)(
                    labels[one], predictions[task.name].numpy()[one]
                )
                assert_near(seen["rewards"][index, row], -loss, 1024, scale=1)


def test_correct_classes_earn_one():
    click, stars, buy = SCHEMA.tasks
    labels = np.array([[2.0], [0.0], [np.nan]], "f")
    probs = np.array([[0.1, 0.2, 0.6, 0.1], [0.1, 0.2, 0.6, 0.1], [1, 0, 0, 0]])
    rewards, weights = row_rewards(
        click, labels, tf.constant(probs, tf.float32), is_correctness=True
    )
    assert rewards.numpy()[:2].tolist() == [1, -1]
    assert weights.numpy().tolist() == [1, 1, 0]
    binary = np.array([[1.0], [0.0], [0.0]], "f")
    predictions = np.array([[0.5], [0.2], [0.8]], "f")
    rewards, _ = row_rewards(buy, binary, predictions, is_correctness=True)
    assert rewards.numpy().tolist() == [1, 1, -1]
    values = [
        row_rewards(stars, binary, predictions, is_correctness=flag)[0]
        for flag in (False, True)
    ]
    assert_near(values[0], -((binary - predictions)[:, 0] ** 2))
    assert_near(values[1], values[0])


def first_layer(model):
    return model.body.experts[0].banks[0].kernel.numpy()


def test_co_training_reaches_experts_that_no_agent_draws():
    for rate in (0.0, 0.5):
        model = make(num_layers=1, min_probability=0.0, co_training_rate=rate)
        model.body.policy.assign([[[1.0, 0.0, 0.0]] * 3])
        before = first_layer(model)
        model.train_on_batch(*BATCH)
        moved = (first_layer(model) != before).any(axis=(1, 2))
        assert moved.tolist() == [True, rate > 0, rate > 0]


@pytest.mark.slow
def test_it_learns_which_expert_predicts(tmp_path):
    # The first expert is dead, so that its paths predict a constant.
    model = make(
        num_layers=1, num_experts=2, policy_learning_rate=1.0, collaboration=0.0
    )
    bank = model.body.experts[0].banks[0]
    bank.bias.assign(np.array([[-99.0] * 6, [0.1] * 6]))
    bank.norm.beta.assign(np.array([[-99.0] * 6, [0.0] * 6]))
    model.compile(keras.optimizers.Adam(0.03), jit_compile=False)
    batches = {"batch_size": 30, "epochs": 80, "verbose": 0}
    history = model.fit(*BATCH, **batches).history["loss"]
    assert np.mean(history[-5:]) < np.mean(history[:5])
    assert (model.body.policy.numpy()[..., 1] > 0.6).all()
    results = model.evaluate(*BATCH, return_dict=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is RoutingNetworks
    checks.assert_same_weights(loaded, model)
    assert loaded.evaluate(*BATCH, return_dict=True) == results
