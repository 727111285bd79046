"""STEM-Net and its ablations against NumPy, and what each of them trains."""

import checks
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from checks import softmax
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import MEPLE
from mtnas_tf.layers import MEMMoE
from mtnas_tf.layers import MMoE
from mtnas_tf.layers import STEMNet

TASKS = ("click", "like")
OWN, SHARED = 2, 1  # experts
RNG = np.random.default_rng(0)
ROOTS = RNG.normal(size=(3, 4, 3)).astype("f")  # units, batch, root units
BODIES = (MEMMoE, MEPLE, STEMNet)


def as_roots(units):
    *of_tasks, shared = units
    return {"tasks": dict(zip(TASKS, of_tasks, strict=True)), "shared": shared}


def make(cls, num_layers=2, gate_units=(6,), **kwargs):
    body = cls(
        TASKS,
        num_layers=num_layers,
        num_task_experts=OWN,
        num_shared_experts=SHARED,
        hidden_units=(5,),
        gate_units=gate_units,
        **kwargs,
    )
    shape = ROOTS[0].shape
    body.build({"tasks": dict.fromkeys(TASKS, shape), "shared": shape})
    checks.randomize(body)
    return body


def mixed(mixtures, index, query, experts):
    bank = mixtures.networks.banks[0]
    hidden = relu(query @ bank.kernel.numpy()[index] + bank.bias.numpy()[index])
    weights = softmax(hidden @ mixtures.gates[index].kernel.numpy())
    return sum(w * e for w, e in zip(weights, experts, strict=True))


def reference(body, units):
    """The docstrings' equations of one row, with loops: task -> `h`."""
    for groups, mixtures in zip(body.experts, body.mixtures, strict=True):
        bank, shared = groups.experts.banks[0], units[-1]
        experts = [
            [sub_network(bank, OWN * u + i, x) for i in range(size)]
            for u, (x, size) in enumerate(
                zip(units, [OWN, OWN, SHARED], strict=True)
            )
        ]
        every = [e for own in experts for e in own]
        fused = []
        for index, x in enumerate(units[:-1]):
            read = every
            if isinstance(body, MEPLE):
                read = experts[index] + experts[-1]
            fused.append(mixed(mixtures, index, x + shared, read))
        if mixtures is not body.mixtures[-1]:
            fused.append(mixed(mixtures, len(TASKS), shared, every))
        units = fused
    return dict(zip(TASKS, units, strict=True))


@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("cls", BODIES)
def test_against_numpy(cls, num_layers):
    body = make(cls, num_layers)
    outputs = body(as_roots(ROOTS))
    for row in range(ROOTS.shape[1]):
        for task, expected in reference(body, ROOTS[:, row]).items():
            assert_near(outputs[task][row], expected)


def reached(cls, num_layers=1):
    """What a loss of `click` trains: roots, and experts of the first layer."""
    body = make(cls, num_layers)
    roots = tf.constant(ROOTS)
    kernel = body.experts[0].experts.banks[0].kernel
    with tf.GradientTape() as tape:
        tape.watch(roots)
        outputs = body(as_roots(tf.unstack(roots)))
        loss = tf.reduce_sum(outputs["click"] ** 2)
    slopes = tape.gradient(loss, [roots, kernel])
    return [[*np.flatnonzero(np.any(g, axis=(1, 2)))] for g in slopes]


def test_a_task_trains_its_own_and_the_shared_experts():
    # The second task's root and experts, 1 and (2, 3), are left alone.
    assert reached(STEMNet) == [[0, 2], [0, 1, 4]]
    assert reached(MEPLE) == [[0, 2], [0, 1, 4]]
    assert reached(MEMMoE) == [[0, 1, 2], [0, 1, 2, 3, 4]]


def test_gradients_flow_through_the_shared_mixture_of_a_lower_layer():
    assert reached(STEMNet, 2) == [[0, 1, 2], [0, 1, 2, 3, 4]]


@pytest.mark.parametrize("num_layers", [1, 2])
def test_stem_net_predicts_as_its_ablation_without_stops(num_layers):
    stem_net, plain = (make(c, num_layers) for c in (STEMNet, MEMMoE))
    plain.set_weights(stem_net.get_weights())
    roots = as_roots(ROOTS)
    checks.assert_close(
        checks.to_numpy(plain(roots)), checks.to_numpy(stem_net(roots))
    )


@pytest.mark.parametrize("cls", [MEMMoE, STEMNet])
def test_equal_roots_and_linear_gates_are_mmoe(cls):
    body = make(cls, num_layers=1, gate_units=())
    mmoe = MMoE(TASKS, num_experts=2 * OWN + SHARED, hidden_units=(5,))
    mmoe.build(ROOTS[0].shape)
    mmoe.experts.set_weights(body.experts[0].get_weights())
    for task, gate in zip(TASKS, body.mixtures[0].gates, strict=True):
        # The query is a root feature and the shared one, here twice one.
        mmoe.gates[task].kernel.assign(2 * gate.kernel)
    checks.assert_close(
        checks.to_numpy(body(as_roots([ROOTS[0]] * 3))),
        checks.to_numpy(mmoe(ROOTS[0])),
    )


@pytest.mark.parametrize(
    "roots",
    [
        ROOTS[0],
        {"click": ROOTS[0], "like": ROOTS[0]},
        {"tasks": {"click": ROOTS[0]}, "shared": ROOTS[0]},
        {"tasks": dict.fromkeys(TASKS, ROOTS[0])},
    ],
)
@pytest.mark.parametrize("is_built", [True, False])
def test_other_roots_are_refused(roots, is_built):
    body = make(STEMNet) if is_built else STEMNet(TASKS)
    with pytest.raises(ValueError, match="`roots` must be a dict of `shared`"):
        body(roots)


def test_roots_of_several_widths_are_refused():
    with pytest.raises(ValueError, match="`roots` must be as wide as"):
        STEMNet(TASKS)(as_roots([ROOTS[0], ROOTS[1], ROOTS[2][:, :2]]))
