"""Progressive layered extraction against NumPy, and its limiting cases."""

import checks
import numpy as np
import pytest
from network_reference import gate_scores
from network_reference import mix
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import PLE
from mtnas_tf.layers import ExtractionNetwork
from mtnas_tf.layers import MMoE
from mtnas_tf.routes import RouteSpace

TASKS = ("click", "like", "buy")
ROWS, DIM = 4, 3
ROOT = np.random.default_rng(0).normal(size=(ROWS, DIM)).astype("f")


def make(cls=PLE, **kwargs):
    body = cls(TASKS, **{"hidden_units": (6, 5), **kwargs})
    body.build(ROOT.shape)
    checks.randomize(body)
    rng = np.random.default_rng(1)
    for weight in body.trainable_weights:  # of both signs
        weight.assign(weight * rng.choice([-1, 1], weight.shape))
    return body


def expert(level, index, x):
    for bank in level.experts.banks:
        x = sub_network(bank, index, x)
    return x


def ple_of_row(body, x, hidden):
    """The paper's equations: `x` for the gates, `hidden` for the experts."""
    queries = dict.fromkeys((*TASKS, "shared"), x)
    inputs = dict.fromkeys((*TASKS, "shared"), hidden)
    for number, level in enumerate(body.levels, start=1):
        own, start = {}, 0
        for task in TASKS:
            own[task] = [
                expert(level, start + i, inputs[task])
                for i in range(level.num_task_experts)
            ]
            start += level.num_task_experts
        shared = [
            expert(level, start + i, inputs["shared"])
            for i in range(level.num_shared_experts)
        ]
        fused = {
            task: mix(
                gate_scores(level.gates[task], queries[task]),
                own[task] + shared,
            )
            for task in TASKS
        }
        if number < len(body.levels):
            everything = [e for task in TASKS for e in own[task]] + shared
            scores = gate_scores(level.shared_gate, queries["shared"])
            fused["shared"] = mix(scores, everything)
        queries = inputs = fused
    return fused


@pytest.mark.parametrize(
    ("num_layers", "num_task_experts", "num_shared_experts"),
    [(1, 2, 1), (2, 1, 1), (3, 1, 2), (2, 2, 1), (2, 0, 2)],
)
def test_the_papers_equations(num_layers, num_task_experts, num_shared_experts):
    body = make(
        num_layers=num_layers,
        num_task_experts=num_task_experts,
        num_shared_experts=num_shared_experts,
        stem_units=7,
    )
    outputs = body(ROOT)
    assert list(outputs) == list(TASKS)
    for row, x in enumerate(ROOT):
        expected = ple_of_row(body, x, sub_network(body.stem.bank, 0, x))
        for task, values in outputs.items():
            assert_near(values[row], expected[task])


def test_gates_of_higher_levels_look_at_the_level_before():
    body = make(num_layers=3, num_task_experts=2, num_shared_experts=1)
    widths = [
        {name: gate.kernel.shape for name, gate in level.gates.items()}
        for level in body.levels
    ]
    units = 5
    assert widths == [
        dict.fromkeys(TASKS, (DIM, 3)),
        dict.fromkeys(TASKS, (units, 3)),
        dict.fromkeys(TASKS, (units, 3)),
    ]
    # The shared gate weighs all experts; after the last level there is none.
    shared = [level.shared_gate for level in body.levels]
    assert shared[0].kernel.shape == (DIM, 3 * 2 + 1)
    assert shared[1].kernel.shape == (units, 3 * 2 + 1)
    assert shared[2] is None


def test_without_own_experts_one_level_is_mmoe():
    sizes = {"gate_normalization": "batch", "stem_units": 7}
    ple = make(num_layers=1, num_task_experts=0, num_shared_experts=4, **sizes)
    mmoe = make(MMoE, num_experts=4, **sizes)
    mmoe.set_weights(ple.get_weights())
    checks.assert_close(checks.to_numpy(ple(ROOT)), checks.to_numpy(mmoe(ROOT)))


def test_one_level_knows_its_route():
    space = RouteSpace(TASKS, 1, 3 * 2 + 1)
    cgc = make(num_layers=1, num_task_experts=2, num_shared_experts=1)
    assert cgc.route == space.hand_made.ple(2)
    assert make(num_layers=2).route is None


def test_tasks_do_not_read_each_others_experts():
    body = make(num_layers=1)
    before = checks.to_numpy(body(ROOT))
    level = body.levels[0]
    owner = 1 * level.num_task_experts  # the first expert of "like"
    for bank in level.experts.banks:
        kernel = bank.kernel.numpy()
        kernel[owner] += 1
        bank.kernel.assign(kernel)
    for task, values in checks.to_numpy(body(ROOT)).items():
        assert np.array_equal(values, before[task]) == (task != "like")


@pytest.mark.parametrize("mixes_shared", [False, True])
def test_contract_of_a_level(mixes_shared, tmp_path):
    tasks, units = 3, 2
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(ROWS, tasks + 1, DIM)).astype("f")
    queries = rng.normal(size=(ROWS, tasks + 1, 5)).astype("f")
    init_kwargs = {
        "tasks": TASKS,
        "num_task_experts": 2,
        "num_shared_experts": 1,
        "mixes_shared": mixes_shared,
        "hidden_units": (units,),
    }
    level = ExtractionNetwork(**init_kwargs)
    level.build(inputs.shape, queries.shape)
    sizes = [tuple(weight.shape) for weight in level.weights]
    gates = [(5, 3)] * 3 + [(5, 7)] * mixes_shared
    assert sizes == [(7, DIM, units), (7, units), *gates]
    checks.randomize(level)
    outputs = level(inputs, queries)
    shape = level.compute_output_shape(inputs.shape, queries.shape)
    assert outputs.shape == shape == (ROWS, tasks + mixes_shared, units)
    config = level.get_config()
    assert ExtractionNetwork.from_config(config).get_config() == config
