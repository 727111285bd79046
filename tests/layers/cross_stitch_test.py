"""Cross-stitch networks against NumPy, their limits, and known mistakes."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import CrossStitch
from mtnas_tf.layers import CrossStitchUnit

TASKS = ("click", "like", "buy")
NUM_TASKS, UNITS = 3, 5
RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(4, 2)).astype("f")
INPUTS = RNG.normal(size=(4, NUM_TASKS, UNITS)).astype("f")


def make(**kwargs):
    body = CrossStitch(TASKS, hidden_units=(6, UNITS), **kwargs)
    body.build(ROOT.shape)
    return body


@pytest.mark.parametrize("per_channel", [False, True])
def test_contract_of_a_unit(per_channel, tmp_path):
    shape = (NUM_TASKS, NUM_TASKS, UNITS) if per_channel else (NUM_TASKS,) * 2
    checks.check_layer(
        CrossStitchUnit,
        {"per_channel": per_channel, "own_weight": 0.7, "stitch_rate": 3.0},
        (INPUTS,),
        INPUTS.shape,
        {"scaled": shape},
        path=tmp_path,
    )


@pytest.mark.parametrize("per_channel", [False, True])
def test_networks_mix_after_every_layer(per_channel):
    body = make(per_channel=per_channel, stitch_rate=4.0)
    checks.randomize(body)
    outputs = body(ROOT)
    for row, x in enumerate(ROOT):
        hidden = [x] * NUM_TASKS
        for bank, stitch in zip(
            body.networks.banks, body.stitches, strict=True
        ):
            own = [sub_network(bank, t, h) for t, h in enumerate(hidden)]
            a = 4 * stitch.scaled.numpy()
            hidden = [
                sum(a[t, s] * own[s] for s in range(NUM_TASKS))
                for t in range(NUM_TASKS)
            ]
        for t, task in enumerate(TASKS):
            assert_near(outputs[task][row], hidden[t])


@pytest.mark.parametrize("stitch_rate", [1.0, 10.0])
@pytest.mark.parametrize("per_channel", [False, True])
def test_starts_near_the_own_network(per_channel, stitch_rate):
    # All ones, as some start, add up the tasks and scale them by their number.
    for stitch in make(
        per_channel=per_channel, stitch_rate=stitch_rate
    ).stitches:
        start = stitch.mixing().numpy().reshape(NUM_TASKS, NUM_TASKS, -1)
        for t in range(NUM_TASKS):
            assert_near(start[t, t], np.full_like(start[t, t], 0.9))
            assert_near(np.delete(start[t], t, 0), 0.05)
        assert_near(start.sum(axis=1), 1.0)


def test_a_single_task_keeps_its_activations():
    unit = CrossStitchUnit()
    assert_near(unit(INPUTS[:, :1]), INPUTS[:, :1])


@pytest.mark.parametrize("per_channel", [False, True])
def test_a_unit_reads_the_same_unit_of_other_tasks(per_channel):
    # Not a kernel of all units of all tasks, as some have it.
    unit = CrossStitchUnit(per_channel=per_channel)
    unit.build(INPUTS.shape)
    checks.randomize(unit)
    assert unit.count_params() == NUM_TASKS**2 * (UNITS if per_channel else 1)
    changed = INPUTS.copy()
    changed[:, 1, 2] += 1
    differs = (unit(changed).numpy() != unit(INPUTS).numpy()).any(axis=(0, 1))
    assert differs.tolist() == [index == 2 for index in range(UNITS)]


def test_identity_leaves_the_networks_alone():
    body = make(own_weight=0.0)
    for stitch in body.stitches:
        stitch.scaled.assign(np.eye(NUM_TASKS) / stitch.stitch_rate)
    expected = body.networks(ROOT)
    for t, task in enumerate(TASKS):
        assert_near(body(ROOT)[task], expected[:, t])


def gradient_of(unit):
    """That of the weights a, whose rate is 1."""
    plain = CrossStitchUnit(stitch_rate=1.0)
    plain.build(INPUTS.shape)
    plain.scaled.assign(unit.mixing())
    return step(plain, keras.optimizers.SGD(0.0))


def step(unit, optimizer):
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(unit(INPUTS) * np.cos(INPUTS))
    gradients = tape.gradient(loss, unit.trainable_weights)
    optimizer.apply(gradients, unit.trainable_weights)
    return gradients[0].numpy()


@pytest.mark.parametrize("stitch_rate", [1.0, 10.0, 100.0])
def test_stitches_have_a_learning_rate_of_their_own(stitch_rate):
    unit = CrossStitchUnit(stitch_rate=stitch_rate)
    unit.build(INPUTS.shape)
    rate = 1e-3 * stitch_rate
    before, gradient = unit.mixing().numpy(), gradient_of(unit)
    step(unit, keras.optimizers.SGD(1e-3))
    moved = unit.mixing().numpy() - before
    np.testing.assert_allclose(moved, -rate * gradient, rtol=1e-3)
    before, gradient = unit.mixing().numpy(), gradient_of(unit)
    step(unit, keras.optimizers.Adam(1e-3, epsilon=1e-12))
    moved = unit.mixing().numpy() - before
    np.testing.assert_allclose(moved, -rate * np.sign(gradient), rtol=1e-3)
