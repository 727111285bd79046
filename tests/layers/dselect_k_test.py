"""DSelect-k against NumPy, from the paper's formulas."""

import itertools

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import DSelectK
from mtnas_tf.layers import DSelectKExampleGate
from mtnas_tf.layers import DSelectKGate
from mtnas_tf.layers import SharedBottom
from mtnas_tf.layers.expert_selection import num_bits
from mtnas_tf.layers.expert_selection import selections
from mtnas_tf.layers.expert_selection import smooth_step

TASKS = ("click", "like", "buy")
ROWS, DIM, UNITS = 4, 3, 5
RNG = np.random.default_rng(0)
ROOT = RNG.normal(size=(ROWS, DIM)).astype("f")


def values_of(num_values):
    return RNG.normal(size=(ROWS, num_values, UNITS)).astype("f")


def step(t, gamma):
    if t <= -gamma / 2:
        return 0.0
    if t >= gamma / 2:
        return 1.0
    return -2 * t**3 / gamma**3 + 3 * t / (2 * gamma) + 0.5


def selector(code, num_values, gamma):
    """r(z), bit by bit; the first bit of a code is the highest."""
    r = []
    for i in range(num_values):
        bits = np.binary_repr(i, width=len(code))
        factors = [
            step(z, gamma) if bit == "1" else 1 - step(z, gamma)
            for z, bit in zip(code, bits, strict=True)
        ]
        r.append(np.prod(factors))
    return np.array(r)


def mixture(codes, logits, num_values, gamma):
    """The weights q, and what each selector gives."""
    r = np.array([selector(code, num_values, gamma) for code in codes])
    return checks.softmax(logits) @ r, r


def penalty(r, entropy_weight):
    total = entropy_weight * np.sum(-r * np.log(r + 1e-6))
    if r.shape[1] & (r.shape[1] - 1):  # no power of two
        total += np.sum(1 / r.sum(axis=1) - 1)
    return total


def make_gate(cls, shapes, scale=0.5, **kwargs):
    gate = cls(**kwargs)
    gate.build(*shapes)
    rng = np.random.default_rng(1)
    for weight in gate.weights:
        weight.assign(scale * rng.uniform(-1, 1, weight.shape))
    return gate


def test_the_smooth_step():
    x = np.linspace(-2, 2, 41).astype("f")
    for gamma in (0.5, 1.0, 3.0):
        expected = [step(t, gamma) for t in x]
        assert_near(smooth_step(x, gamma), expected)


@pytest.mark.parametrize("num_values", [2, 3, 4, 5, 8])
def test_a_saturated_code_is_the_number_of_a_value(num_values):
    bits = num_bits(num_values)
    assert 2 ** (bits - 1) < num_values <= 2**bits
    codes = np.array(list(itertools.product((-0.5, 0.5), repeat=bits)), "f")
    expected = np.eye(2**bits)[:, :num_values]
    np.testing.assert_array_equal(selections(codes, num_values, 1.0), expected)


@pytest.mark.parametrize("num_values", [3, 4, 6])
def test_a_gate_weighs_by_its_selectors(num_values):
    values = values_of(num_values)
    kwargs = {"num_selected": 3, "gamma": 1.5, "entropy_weight": 0.1}
    gate = make_gate(DSelectKGate, (values.shape,), **kwargs)
    logits = gate.selector_logits.numpy()
    q, r = mixture(gate.codes.numpy(), logits, num_values, 1.5)
    assert_near(gate(values), np.einsum("i,biu->bu", q, values))
    assert not gate.losses, "a penalty outside of training"
    assert_near(gate.weights_of_values(), q)
    gate(values, training=True)
    assert_near(sum(gate.losses), penalty(r, 0.1))


@pytest.mark.parametrize("num_values", [3, 4])
def test_a_gate_by_example_weighs_by_the_query(num_values):
    values = values_of(num_values)
    kwargs = {"num_selected": 3, "gamma": 1.5, "entropy_weight": 0.1}
    gate = make_gate(DSelectKExampleGate, (ROOT.shape, values.shape), **kwargs)
    (a, a_bias), (b, b_bias) = (
        [weight.numpy() for weight in dense.weights]
        for dense in (gate.codes, gate.selector_logits)
    )
    outputs = gate(ROOT, values, training=True)
    penalties = []
    for row, x in enumerate(ROOT):
        codes = (x @ a + a_bias).reshape(3, -1)
        q, r = mixture(codes, x @ b + b_bias, num_values, 1.5)
        assert_near(outputs[row], q @ values[row])
        assert_near(gate.weights_of_values(ROOT)[row], q)
        penalties.append(penalty(r, 0.1))
    assert_near(sum(gate.losses), np.mean(penalties))


def test_contract_of_a_gate(tmp_path):
    checks.check_layer(
        DSelectKGate,
        {"num_selected": 3, "gamma": 2.0, "entropy_weight": 0.1},
        (values_of(5),),
        (ROWS, UNITS),
        {"codes": (3, 3), "selector_logits": (3,)},
        path=tmp_path,
    )


@pytest.mark.parametrize("cls", [DSelectKGate, DSelectKExampleGate])
def test_starts_undecided(cls):
    shapes = (values_of(4).shape,)
    if cls is DSelectKExampleGate:
        shapes = (ROOT.shape, *shapes)
    gate = cls(num_selected=2, gamma=3.0)
    gate.build(*shapes)
    if cls is DSelectKGate:
        weights = [gate.codes], [gate.selector_logits]
    else:
        weights = gate.codes.weights, gate.selector_logits.weights
    for part, limit in zip(weights, (0.03, 0.05), strict=True):
        values = np.concatenate([w.numpy().ravel() for w in part])
        assert 0 < np.abs(values).max() <= limit


@pytest.mark.parametrize("cls", [DSelectKGate, DSelectKExampleGate])
def test_a_single_value_passes_through(cls):
    values = values_of(1)
    inputs = (values,) if cls is DSelectKGate else (ROOT, values)
    gate = cls()
    outputs = gate(*inputs, training=True)
    np.testing.assert_array_equal(outputs, values[:, 0])
    assert not gate.weights
    assert not gate.losses


def make(**kwargs):
    sizes = {"hidden_units": (6, UNITS), "stem_units": 7}
    body = DSelectK(TASKS, **(sizes | kwargs))
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


def test_every_task_has_its_mixture():
    body = make(num_experts=3)
    outputs = body(ROOT)
    for row, x in enumerate(ROOT):
        experts = [sub_network(body.stem.bank, 0, x)] * 3
        for bank in body.experts.banks:
            experts = [sub_network(bank, i, e) for i, e in enumerate(experts)]
        for task, gate in body.gates.items():
            logits = gate.selector_logits.numpy()
            q, _ = mixture(gate.codes.numpy(), logits, 3, 1.0)
            assert_near(outputs[task][row], q @ np.array(experts))


@pytest.mark.parametrize("per_example", [False, True])
def test_the_penalty_is_that_of_all_tasks(per_example):
    # Not that of the last one alone.
    body = make(num_experts=4, per_example=per_example, entropy_weight=0.5)
    codes = [gate.trainable_weights[0] for gate in body.gates.values()]
    with tf.GradientTape() as tape:
        body(ROOT, training=True)
        total = sum(body.losses)
    assert len(body.losses) == len(TASKS)
    assert all(map(np.any, tape.gradient(total, codes)))


@pytest.mark.parametrize("num_selected", [1, 2, 3])
def test_decided_codes_read_at_most_k_experts(num_selected):
    body = make(num_experts=8, num_selected=num_selected)
    rng = np.random.default_rng(3)
    for gate in body.gates.values():
        gate.codes.assign(np.sign(rng.normal(size=gate.codes.shape)))
    before = checks.to_numpy(body(ROOT))
    for task, gate in body.gates.items():
        weights = gate.weights_of_values().numpy()
        assert_near(weights.sum(), 1.0)
        assert 1 <= np.count_nonzero(weights) <= num_selected
        # What is not read does not matter.
        for bank in body.experts.banks:
            kernel = bank.kernel.numpy()
            kept = kernel.copy()
            kernel[weights == 0] = 9
            bank.kernel.assign(kernel)
            np.testing.assert_array_equal(body(ROOT)[task], before[task])
            bank.kernel.assign(kept)


def test_one_expert_is_a_shared_bottom():
    body, bottom = make(num_experts=1), None
    bottom = SharedBottom(TASKS, hidden_units=(6, UNITS), stem_units=7)
    bottom.build(ROOT.shape)
    bottom.set_weights(body.get_weights())
    checks.assert_close(
        checks.to_numpy(body(ROOT)), checks.to_numpy(bottom(ROOT))
    )


@pytest.mark.slow
def test_gates_find_the_experts_that_matter():
    """Of eight fixed values two add up to the target: they are selected."""
    keras.utils.set_random_seed(0)
    values = RNG.normal(size=(256, 8, 2)).astype("f")
    target = (values[:, 2] + values[:, 5]) / 2
    gate = DSelectKGate(num_selected=2, entropy_weight=1e-3)
    gate.build(values.shape)
    optimizer = keras.optimizers.Adam(0.02)

    @tf.function(jit_compile=True)
    def train():
        for _ in tf.range(400):
            with tf.GradientTape() as tape:
                error = gate(values, training=True) - target
                loss = tf.reduce_mean(error**2) + sum(gate.losses)
            gradients = tape.gradient(loss, gate.trainable_weights)
            optimizer.apply(gradients, gate.trainable_weights)

    optimizer.build(gate.trainable_weights)
    train()
    weights = gate.weights_of_values().numpy()
    assert np.flatnonzero(weights).tolist() == [2, 5]
