"""Sub-network routing against its equations, and the faults of public code."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import sigmoid
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import SNRAver
from mtnas_tf.layers import SNRLinks
from mtnas_tf.layers import SNRTrans

TASKS = ("click", "like")
ROWS, DIM, NUM_INPUTS, NUM_OUTPUTS, UNITS = 4, 3, 5, 2, 6
RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(ROWS, DIM)).astype("f")
INPUTS = RNG.normal(size=(ROWS, NUM_INPUTS, UNITS)).astype("f")
DRAWS = RNG.uniform(0.01, 0.99, (NUM_INPUTS, NUM_OUTPUTS)).astype("f")
LOG_ALPHA = RNG.normal(size=(NUM_INPUTS, NUM_OUTPUTS)).astype("f")
SETTINGS = {"beta": 0.7, "gamma": -0.2, "zeta": 1.3}
OPEN, SHUT = 20.0, -20.0


def make_links(**kwargs):
    links = SNRLinks(NUM_OUTPUTS, **kwargs)
    links.build(INPUTS.shape)
    links.log_alpha.assign(LOG_ALPHA)
    return links


def z_without_noise(log_alpha, gamma, zeta):
    stretched = sigmoid(log_alpha) * (zeta - gamma) + gamma
    return np.minimum(1, np.maximum(0, stretched))


def read(links, u, z):
    """v_j = sum_i z_ij W_ij u_i, of one example."""
    v = np.zeros((z.shape[1], u.shape[1]))
    for i, j in np.ndindex(*z.shape):
        out = u[i] @ links.kernel.numpy()[i, j] if links.transforms else u[i]
        v[j] += z[i, j] * out
    return v


@pytest.mark.parametrize("transforms", [False, True])
def test_links_without_noise(transforms):
    links = make_links(transforms=transforms, gamma=-0.2, zeta=1.3)
    z = z_without_noise(LOG_ALPHA, -0.2, 1.3)
    assert_near(links.links(), z)
    outputs = links(INPUTS)
    for row, u in enumerate(INPUTS):
        assert_near(outputs[row], read(links, u, z))
    np.testing.assert_array_equal(links(INPUTS), outputs)
    assert not links.losses, "a penalty outside of training"


@pytest.mark.parametrize("transforms", [False, True])
def test_links_with_noise(transforms, monkeypatch):
    monkeypatch.setattr(keras.random, "uniform", lambda *a, **kw: DRAWS)
    links = make_links(transforms=transforms, l0_weight=0.1, **SETTINGS)
    beta, gamma, zeta = SETTINGS.values()
    # beta divides noise and log_alpha alike.
    noise = np.log(DRAWS) - np.log(1 - DRAWS)
    s = sigmoid((noise + LOG_ALPHA) / beta)
    z = np.minimum(1, np.maximum(0, s * (zeta - gamma) + gamma))
    outputs = links(INPUTS, training=True)
    for row, u in enumerate(INPUTS):
        assert_near(outputs[row], read(links, u, z))
    p_open = sigmoid(LOG_ALPHA - beta * np.log(-gamma / zeta))
    assert_near(sum(links.losses), 0.1 * p_open.sum())


def test_noise_is_drawn_anew_and_not_learned():
    links = make_links()
    names = {weight.name for weight in links.trainable_weights}
    assert names == {"log_alpha", "kernel"}

    @tf.function(jit_compile=True)
    def step():
        return links(INPUTS, training=True)

    first, second = step().numpy(), step().numpy()
    assert np.abs(first - second).max() > 1e-3


@pytest.mark.slow
def test_every_link_has_a_probability_of_its_own():
    links = make_links(transforms=False, **SETTINGS)
    beta, gamma, zeta = SETTINGS.values()
    count = 3000
    inputs = np.eye(NUM_INPUTS, dtype="f")[None]

    @tf.function
    def draw(_):
        return links(inputs, training=True)[0]  # (outputs, inputs): z

    draws = tf.map_fn(draw, tf.zeros(count)).numpy()
    p_open = sigmoid(LOG_ALPHA - beta * np.log(-gamma / zeta)).T
    # z < 1 if s < (1 - gamma) / (zeta - gamma): the logistic noise's quantile.
    p_whole = sigmoid(LOG_ALPHA - beta * np.log((1 - gamma) / (zeta - 1))).T
    for shares, expected in (
        ((draws > 0).mean(axis=0), p_open),
        ((draws == 1).mean(axis=0), p_whole),
    ):
        error = np.sqrt(expected * (1 - expected) / count)
        assert (np.abs(shares - expected) < 5 * error).all()


@pytest.mark.parametrize("transforms", [False, True])
def test_a_shut_link_is_not_read(transforms):
    links = make_links(transforms=transforms)
    log_alpha = np.full((NUM_INPUTS, NUM_OUTPUTS), OPEN, "f")
    log_alpha[2, 1] = SHUT
    links.log_alpha.assign(log_alpha)
    changed = INPUTS.copy()
    changed[:, 2] += 1
    for training in (False, True):
        before = links(INPUTS, training=training)
        after = links(changed, training=training)
        assert_near(after[:, 1], before[:, 1])
        assert np.abs(after[:, 0] - before[:, 0]).max() > 1e-3


def test_open_links_without_matrices_add_up():
    links = make_links(transforms=False)
    links.log_alpha.assign(np.full((NUM_INPUTS, NUM_OUTPUTS), OPEN))
    for training in (False, True):
        outputs = links(INPUTS, training=training)
        for output in range(NUM_OUTPUTS):
            assert_near(outputs[:, output], INPUTS.sum(axis=1))


def make_body(cls, **kwargs):
    sizes = {"num_experts": 3, "hidden_units": (7, UNITS), "stem_units": 5}
    body = cls(TASKS, **(sizes | kwargs))
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("cls", [SNRAver, SNRTrans])
def test_experts_and_tasks_read_by_links(cls, num_layers):
    body = make_body(cls, num_layers=num_layers)
    outputs = body(ROOT)
    for row, x in enumerate(ROOT):
        v = [sub_network(body.stem.bank, 0, x)] * 3
        for experts, links in zip(body.experts, body.links, strict=True):
            for bank in experts.banks:
                v = [sub_network(bank, k, value) for k, value in enumerate(v)]
            z = z_without_noise(links.log_alpha.numpy(), -0.1, 1.1)
            v = read(links, np.array(v), z)
        for index, task in enumerate(TASKS):
            assert_near(outputs[task][row], v[index])


@pytest.mark.parametrize("cls", [SNRAver, SNRTrans])
def test_all_links_are_penalized(cls):
    body = make_body(cls, num_layers=2, l0_weight=0.25)
    body(ROOT, training=True)
    shift = 0.9 * np.log(0.1 / 1.1)
    expected = sum(
        0.25 * sigmoid(links.log_alpha.numpy() - shift).sum()
        for links in body.links
    )
    assert_near(sum(body.losses), expected)
    shapes = [links.log_alpha.shape for links in body.links]
    assert shapes == [(3, 3), (3, 2)]


@pytest.mark.slow
def test_the_penalty_shuts_links_that_help_nobody():
    keras.utils.set_random_seed(0)
    links = SNRLinks(1, transforms=False, l0_weight=0.05)
    inputs = RNG.normal(size=(64, 3, 2)).astype("f")
    links.build(inputs.shape)
    optimizer = keras.optimizers.Adam(0.1)
    optimizer.build(links.trainable_weights)

    @tf.function(jit_compile=True)
    def train():
        for _ in tf.range(300):
            with tf.GradientTape() as tape:
                error = links(inputs, training=True)[:, 0] - inputs[:, 1]
                loss = tf.reduce_mean(error**2) + sum(links.losses)
            gradients = tape.gradient(loss, links.trainable_weights)
            optimizer.apply(gradients, links.trainable_weights)

    train()
    np.testing.assert_array_equal(links.links(), [[0], [1], [0]])
