"""AdaTT against NumPy, and the methods that it comes down to."""

import checks
import numpy as np
import pytest
from checks import softmax
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import AdaTT
from mtnas_tf.layers import MMoE
from mtnas_tf.layers import SingleTask

TASKS = ("click", "like", "buy")
ROOT = np.random.default_rng(0).normal(size=(4, 3)).astype("f")


def make(tasks=TASKS, **kwargs):
    body = AdaTT(tasks, hidden_units=(5,), **kwargs)
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


def fused(body, name, x, experts, own):
    """A unit's output in a layer, of one row."""
    weights = softmax(x @ body.gates[name].kernel.numpy())
    of_all = sum(w * e for w, e in zip(weights, experts, strict=True))
    own_weights = [1.0]
    if body.own_weights:
        own_weights = body.own_weights[name].numpy()
    return of_all + sum(a * e for a, e in zip(own_weights, own, strict=True))


def reference(body, x):
    """The docstring's equations with loops: task -> `h`, of one row."""
    sizes = body.experts[0].group_sizes
    units = [*TASKS, "shared"][: len(sizes)]
    states = dict.fromkeys(units, x)
    for layer, groups in enumerate(body.experts, start=1):
        bank, index, experts = groups.experts.banks[0], 0, {}
        for unit, size in zip(units, sizes, strict=True):
            experts[unit] = [
                sub_network(bank, index + i, states[unit]) for i in range(size)
            ]
            index += size
        every = [e for own in experts.values() for e in own]
        names = {task: f"{layer}_{task}" for task in TASKS}
        if "shared" in units and layer < len(body.experts):
            names["shared"] = f"shared_{layer}"
        states = {
            unit: fused(body, name, states[unit], every, experts[unit])
            for unit, name in names.items()
        }
    return states


@pytest.mark.parametrize(
    ("num_task_experts", "num_shared_experts"), [(2, 3), (1, 1), (1, 0), (2, 0)]
)
def test_against_numpy(num_task_experts, num_shared_experts):
    body = make(
        num_task_experts=num_task_experts, num_shared_experts=num_shared_experts
    )
    outputs = body(ROOT)
    for row, x in enumerate(ROOT):
        for task, expected in reference(body, x).items():
            assert_near(outputs[task][row], expected)


def test_own_weights_are_learned_where_a_unit_has_several_experts():
    assert not make(num_shared_experts=0).own_weights
    assert not make(num_shared_experts=1).own_weights
    body = AdaTT(TASKS, num_task_experts=4, num_shared_experts=1)
    body.build(ROOT.shape)
    names = [*body.own_weights]
    assert names == ["1_click", "1_like", "1_buy", "shared_1", *names[4:]]
    assert names[4:] == ["2_click", "2_like", "2_buy"]
    for name, weights in body.own_weights.items():
        size = 1 if name == "shared_1" else 4
        assert weights.shape == (size,)
        assert np.abs(weights.numpy()).max() <= size**-0.5


def test_without_gates_it_is_a_network_a_task(monkeypatch):
    body = make(num_shared_experts=0)
    monkeypatch.setattr(
        "mtnas_tf.layers.gate.Gate.call", lambda self, *args, **kwargs: 0.0
    )
    single = SingleTask(TASKS, hidden_units=(5, 5))
    single.build(dict.fromkeys(TASKS, ROOT.shape))
    for index, task in enumerate(TASKS):
        banks = single.bodies[task].bottom.banks
        for bank, groups in zip(banks, body.experts, strict=True):
            weights = groups.get_weights()
            bank.set_weights([w[index : index + 1] for w in weights])
    expected = single(dict.fromkeys(TASKS, ROOT))
    checks.assert_close(checks.to_numpy(body(ROOT)), checks.to_numpy(expected))


def test_one_task_without_its_own_weights_is_layers_of_mmoe():
    body = make(["click"], num_task_experts=3, num_shared_experts=0)
    hidden = ROOT
    for layer, groups in enumerate(body.experts, start=1):
        body.own_weights[f"{layer}_click"].assign(np.zeros(3))
        mmoe = MMoE(["click"], num_experts=3, hidden_units=(5,))
        mmoe.build(hidden.shape)
        mmoe.experts.set_weights(groups.get_weights())
        mmoe.gates["click"].set_weights(
            body.gates[f"{layer}_click"].get_weights()
        )
        hidden = mmoe(hidden)["click"]
    assert_near(body(ROOT)["click"], hidden)


def test_gates_of_the_first_layer_ask_the_root_or_the_stem():
    for root_query, width in (("features", 3), ("stem", 7)):
        body = make(stem_units=7, root_query=root_query)
        assert body.gates["1_click"].kernel.shape == (width, 4)
        assert body.gates["2_click"].kernel.shape == (5, 4)
