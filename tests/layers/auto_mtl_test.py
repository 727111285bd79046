"""AutoMTL's supernet against NumPy, and the methods that it holds."""

import itertools

import checks
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import AutoMTL
from mtnas_tf.layers import SharedBottom
from mtnas_tf.layers import SharedEmbedding

TASKS = ("click", "a b", "buy")
UNITS = 5
ROOT = np.random.default_rng(0).normal(size=(4, 6)).astype("f")
SHARE, OWN, SKIP = range(3)


def make(num_layers=3, **kwargs):
    body = AutoMTL(TASKS, num_layers, UNITS, **kwargs)
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


def run(body, choices):
    """Outputs of one choice for every block: `(batch, tasks, units)`."""
    one_hot = body.policy.one_hot(np.array(choices)[None])
    weights, values = body.read(ROOT, one_hot)
    np.testing.assert_array_equal(weights[0, 0], np.eye(len(TASKS)))
    return values[0]


def reference(body, weights, row):
    """The docstring's equations of one row, with loops, for any weights."""
    outputs = []
    for t in range(len(TASKS)):
        x = row
        for layer in range(body.space.num_layers):
            p = weights[layer * len(TASKS) + t]
            shared = sub_network(body.shared[layer], 0, x)
            own = sub_network(body.own[layer], t, x)
            skipped = p[SKIP] * x if layer else 0.0
            x = p[SHARE] * shared + p[OWN] * own + skipped
        outputs.append(x)
    return outputs


def test_mixtures_against_numpy():
    body = make()
    rng = np.random.default_rng(0)
    weights = rng.dirichlet(np.ones(3), size=(2, 9)).astype("f")
    _, values = body.read(ROOT, weights, is_mixture=True)
    assert values.shape == (2, 4, len(TASKS), UNITS)
    for mixture, row in itertools.product(range(2), range(len(ROOT))):
        expected = reference(body, weights[mixture], ROOT[row])
        assert_near(values[mixture, row], expected)


@pytest.mark.parametrize("seed", range(3))
def test_a_route_runs_what_its_sub_networks_copy(seed):
    body = make()
    choices = np.random.default_rng(seed).integers(body.policy.num_choices)
    body.policy.pin(choices)
    assert body.route == body.space.route(choices)
    outputs, origins = body(ROOT), body.origins()
    for index, row in enumerate(ROOT):
        values = {}
        for name in body.route.sub_networks():
            block = body.route.blocks.get(name)
            x = row if block is None else values[block.combination[0]]
            if name in origins:
                values[name] = sub_network(*origins[name], x)
            else:  # nobody reads it
                values[name] = x
        for task in TASKS:
            (read,) = body.route.blocks[task].combination
            assert_near(outputs[task][index], values[read])


def test_if_all_is_shared_it_is_shared_bottom():
    body = make()
    bottom = SharedBottom(TASKS, hidden_units=(UNITS,) * 3)
    bottom.build(ROOT.shape)
    bottom.set_weights([w for bank in body.shared for w in bank.get_weights()])
    outputs = run(body, [SHARE] * 9)
    for index, task in enumerate(TASKS):
        assert_near(outputs[:, index], bottom(ROOT)[task])


def test_if_all_is_owned_tasks_are_apart():
    body = make()
    single = SharedEmbedding(TASKS, hidden_units=(UNITS,) * 3)
    single.build(ROOT.shape)
    single.set_weights([w for bank in body.own for w in bank.get_weights()])
    outputs = run(body, [OWN] * 9)
    for index, task in enumerate(TASKS):
        assert_near(outputs[:, index], single(ROOT)[task])


def test_if_all_is_skipped_the_first_layer_is_left():
    body = make()
    outputs = run(body, [SHARE] * 3 + [SKIP] * 6)
    bank = body.shared[0]
    expected = relu(ROOT @ bank.kernel[0].numpy() + bank.bias[0].numpy())
    for index in range(len(TASKS)):
        assert_near(outputs[:, index], expected)


def test_statistics_of_a_shared_sub_network_are_those_of_a_task_s_input():
    body = make(2, normalization="batch")
    choices = [OWN] * 3 + [SHARE] * 3
    one_hot = body.policy.one_hot(np.array([choices]))
    _, values = body.read(ROOT, one_hot, use_batch_statistics=True)
    for t in range(len(TASKS)):
        x = ROOT
        for bank, k in ((body.own[0], t), (body.shared[1], 0)):
            y = x @ bank.kernel[k].numpy() + bank.bias[k].numpy()
            y = (y - y.mean(axis=0)) / np.sqrt(y.var(axis=0) + 1e-3)
            norm = bank.norm
            x = relu(norm.gamma[k].numpy() * y + norm.beta[k].numpy())
        assert_near(values[0, :, t], x)


def test_sharing_penalty():
    body = make(3)
    probs = np.random.default_rng(0).dirichlet(np.ones(3), 9).astype("f")
    probs = tf.constant(probs)
    with tf.GradientTape() as tape:
        tape.watch(probs)
        penalty = body.sharing_penalty(probs)
    expected = 0.0
    for block, p in zip(body.space.blocks, probs.numpy(), strict=True):
        others = (OWN, SKIP) if block.layer else (OWN,)
        excess = sum(np.log1p(np.exp(p[k] - p[SHARE])) for k in others)
        expected += (3 - 1 - block.layer) / 3 * excess
    assert_near(penalty, expected)
    slope = tape.gradient(penalty, probs).numpy()
    assert (slope[:6, SHARE] < 0).all() and (slope[:6, OWN] > 0).all()
    assert not slope[6:].any()  # a task's last layer may well be its own


def test_draws_change_and_the_most_probable_is_evaluated():
    body = make()
    drawn = {body(ROOT, training=True)["buy"].numpy().tobytes() for _ in "abcd"}
    assert len(drawn) > 1
    body.policy.pin([OWN] * 9)
    assert_near(body(ROOT)["buy"], run(body, [OWN] * 9)[:, 2])
