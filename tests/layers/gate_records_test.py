"""Who reads what, read off while bodies run."""

import dataclasses

import checks
import keras
import numpy as np
import pytest
from keras import ops
from network_reference import gate_scores
from tolerances import assert_near

from mtnas_tf import layers
from mtnas_tf.data import TaskSpec
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route

TASKS = ("click", "like", "buy")
ROOT = np.random.default_rng(0).normal(size=(7, 4)).astype("f")
ROOTS = {"shared": ROOT, "tasks": {t: ROOT + i for i, t in enumerate(TASKS)}}
UNITS = {"hidden_units": (5,)}
ROUTE = Route(
    2,
    3,
    {
        "s4": BlockRoute(("s1", "s3"), "root"),
        "s5": BlockRoute(("s2",)),
        "s6": BlockRoute(("s1", "s2"), "s3"),
        "click": BlockRoute(("s4", "s5"), "s6"),
        "like": BlockRoute(("s5",)),
        "buy": BlockRoute(("s4", "s5", "s6"), "root"),
    },
)
BODIES = {
    "mmoe": lambda: layers.MMoE(TASKS, 3, **UNITS),
    "mmoe of one": lambda: layers.MMoE(TASKS, 1, **UNITS),
    "omoe": lambda: layers.OMoE(TASKS, 3, **UNITS),
    "ml_mmoe": lambda: layers.MLMMoE(TASKS, 2, 3, **UNITS),
    "dselect_k": lambda: layers.DSelectK(TASKS, 5, **UNITS),
    "dselect_k by example": lambda: layers.DSelectK(
        TASKS, 5, per_example=True, **UNITS
    ),
    "cgc": lambda: layers.PLE(TASKS, 1, 2, 1, **UNITS),
    "ple": lambda: layers.PLE(TASKS, 2, 0, 2, **UNITS),
    "adatt": lambda: layers.AdaTT(TASKS, 2, 2, 1, **UNITS),
    "adatt of one each": lambda: layers.AdaTT(TASKS, 1, 1, 1, **UNITS),
    "me_mmoe": lambda: layers.MEMMoE(TASKS, 2, 2, 1, **UNITS),
    "me_ple": lambda: layers.MEPLE(TASKS, 1, 1, 2, **UNITS),
    "home": lambda: layers.HoME(
        TASKS,
        [["click"], ["like", "buy"]],
        2,
        normalization=None,
        activation="relu",
        **UNITS,
    ),
    "snr_aver": lambda: layers.SNRAver(TASKS, 2, 4, **UNITS),
    "learning_to_branch": lambda: layers.LearningToBranch(TASKS, 2, 4, **UNITS),
    "gumbel_allocation": lambda: layers.GumbelAllocation(TASKS, 2, 4, **UNITS),
    "routing_networks": lambda: layers.RoutingNetworks(TASKS, 2, 4, **UNITS),
    "route": lambda: layers.RouteNetwork(ROUTE, 5),
    "route of means": lambda: layers.RouteNetwork(ROUTE, 5, "mean"),
    "supernet": lambda: layers.Supernet(TASKS, 2, 3, 5),
    "supernet of means": lambda: layers.Supernet(
        TASKS, 1, 3, 5, aggregation="mean"
    ),
}


def run(body):
    """A body of random weights, its outputs and its matrices."""
    inputs = ROOTS if isinstance(body, layers.MEMMoE) else ROOT
    if not body.built:
        body.build(keras.tree.map_structure(np.shape, inputs))
        checks.randomize(body)
    with layers.GateRecords() as records:
        outputs = body(inputs)
    return outputs, records.matrices(body)


def last_bank(body):
    experts = (
        getattr(body, "experts", None)
        or getattr(body, "levels", None)
        or getattr(body, "task_level", None)
        or body.banks
    )
    last = experts[-1] if isinstance(experts, list) else experts
    last = getattr(last, "experts", last)
    return last if isinstance(last, layers.SubNetworkBank) else last.banks[-1]


@pytest.mark.parametrize("name", BODIES)
def test_weights_are_those_of_the_forward_pass(name):
    body = BODIES[name]()
    run(body)
    bank = last_bank(body)  # whose experts now are constants
    bank.kernel.assign(ops.zeros_like(bank.kernel))
    constants = np.abs(bank.bias.numpy())
    bank.bias.assign(constants)
    outputs, matrices = run(body)
    matrix = matrices[-1]
    assert matrix.readers == TASKS
    assert len(matrix.sources) == len(set(matrix.sources)) == len(constants)
    means = np.nan_to_num(matrix.weights) @ constants
    assert_near(means, [outputs[task].numpy().mean(axis=0) for task in TASKS])
    if matrix.top_shares is not None:
        tops = np.nansum(matrix.top_shares, axis=1)
        np.testing.assert_allclose(tops, 1)
        unread = np.isnan(matrix.weights)
        np.testing.assert_array_equal(unread, np.isnan(matrix.top_shares))


def test_a_gate_is_a_mean_of_softmaxes():
    body = layers.MMoE(TASKS, 3, **UNITS)
    _, (matrix,) = run(body)
    for row, gate in enumerate(body.gates.values()):
        weights = np.array([checks.softmax(gate_scores(gate, x)) for x in ROOT])
        assert_near(matrix.weights[row], weights.mean(axis=0))
        tops = np.bincount(weights.argmax(axis=1), minlength=3) / len(ROOT)
        np.testing.assert_allclose(matrix.top_shares[row], tops)


def test_batches_add_up():
    body = layers.MMoE(TASKS, 3, **UNITS)
    _, (matrix,) = run(body)
    with layers.GateRecords() as records:
        for batch in (ROOT[:2], ROOT[2:]):
            body(batch)
    (parts,) = records.matrices(body)
    assert_near(parts.weights, matrix.weights)
    np.testing.assert_allclose(parts.top_shares, matrix.top_shares)


def test_ple_reads_no_expert_of_another_task():
    _, (first, last) = run(layers.PLE(TASKS, 2, 1, 1, **UNITS))
    own = np.c_[np.eye(3, dtype=bool), np.ones((3, 1), bool)]
    np.testing.assert_array_equal(~np.isnan(last.weights), own)
    np.testing.assert_array_equal(~np.isnan(first.weights[:3]), own)
    assert not np.isnan(first.weights[3]).any()  # the shared unit's mixture
    assert first.sources == ("click e1", "like e1", "buy e1", "(shared) e1")


@pytest.mark.parametrize("per_channel", [False, True])
def test_the_identity_stitch(per_channel):
    body = layers.CrossStitch(
        TASKS, per_channel=per_channel, hidden_units=(5, 6)
    )
    body.build(ROOT.shape)
    for stitch in body.stitches:
        identity = np.eye(3) / stitch.stitch_rate
        if per_channel:
            identity = np.repeat(identity[..., None], 6, axis=-1)
            identity = identity[..., : stitch.scaled.shape[-1]]
        stitch.scaled.assign(identity)
    matrices = layers.GateRecords().matrices(body)
    assert [matrix.name for matrix in matrices] == ["layer 1", "layer 2"]
    for matrix in matrices:
        assert_near(matrix.weights, np.eye(3))


def test_a_block_that_no_task_executes_is_dead():
    body = layers.AdaShare(TASKS, hidden_units=(5, 6))
    body.build(ROOT.shape)
    logits = np.zeros(body.choices.kernel.shape)
    logits[0, :, 1] = 1.0  # skip
    body.choices.kernel.assign(logits)
    (matrix,) = layers.GateRecords().matrices(body)
    assert matrix.weights.tolist() == [[0, 1]] * 3
    odds = np.exp(body.choices.learning_rate_factor)
    assert_near(matrix.probs, [[1 / (1 + odds), 0.5]] * 3)


def test_tasks_share_own_or_skip():
    body = layers.AutoMTL(TASKS, num_layers=2, units=5)
    body.build(ROOT.shape)
    body.policy.pin([0, 1, 0, 2, 1, 0])
    first, second = layers.GateRecords().matrices(body)
    assert second.sources == ("share", "own", "skip")
    skip = np.nan  # the first layer cannot be skipped
    np.testing.assert_array_equal(
        first.weights, [[1, 0, skip], [0, 1, skip], [1, 0, skip]]
    )
    np.testing.assert_array_equal(second.weights, np.eye(3)[[2, 1, 0]])
    probs = np.concatenate([first.probs, second.probs])
    np.testing.assert_allclose(np.nansum(probs, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(
        np.isnan(probs), [[0, 0, 1]] * 3 + [[0] * 3] * 3
    )
    # Of one layer nothing can be skipped.
    (only,) = layers.GateRecords().matrices(layers.AutoMTL(TASKS, 1))
    assert only.sources == ("share", "own")


def test_kernels_are_put_together_of_common_parts():
    body = layers.TensorFactorized(TASKS, (5, 4), "tt", rank=3)
    _, matrices = run(body)
    assert [matrix.name for matrix in matrices] == ["layer 1", "layer 2"]
    for bank, matrix in zip(body.banks, matrices, strict=True):
        rows = bank.kernel.numpy().reshape(3, -1)
        units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        cosines = matrix.weights @ matrix.weights.T
        np.testing.assert_allclose(cosines, units @ units.T, atol=1e-5)
        assert (matrix.weights.sum(axis=0) > 0).all()


def test_kernels_of_task_rank_one_are_one_part():
    body = layers.TensorFactorized(TASKS, (5,), task_rank=1)
    body.build(ROOT.shape)
    body.banks[0].task_factor.assign([[2.0], [0.5], [-1.0]])
    (matrix,) = layers.GateRecords().matrices(body)
    np.testing.assert_allclose(matrix.weights, [[1], [1], [-1]], atol=1e-6)


def chained_tasks():
    click, like, buy = (TaskSpec(name=task) for task in TASKS)
    return click, like, dataclasses.replace(buy, requires="click")


def test_towers_read_what_is_passed_on():
    towers = layers.AITMTowers(chained_tasks(), tower_units=())
    inputs = ROOTS["tasks"]
    towers.build(keras.tree.map_structure(np.shape, inputs))
    checks.randomize(towers)
    with layers.GateRecords() as records:
        towers(inputs)
    (matrix,) = records.matrices(towers)
    assert (matrix.readers, matrix.sources) == (
        ("buy",),
        ("net of click", "net of buy"),
    )
    layer = towers.transfers["buy"]
    kernels = {
        name: getattr(layer, f"{name}_kernel").numpy()
        for name in ("transfer", "key", "query")
    }
    found = []
    for own, earlier in zip(inputs["buy"], inputs["click"], strict=True):
        passed = checks.relu(
            earlier @ kernels["transfer"] + layer.transfer_bias.numpy()
        )
        scores = [
            (u @ kernels["key"]) @ (u @ kernels["query"]) / 2  # sqrt(4)
            for u in (passed, own)
        ]
        found.append(checks.softmax(np.array(scores)))
    assert_near(matrix.weights[0], np.mean(found, axis=0))
    first = np.mean([weights[0] > 0.5 for weights in found])
    np.testing.assert_allclose(matrix.top_shares[0], [first, 1 - first])


def test_towers_without_a_chain_have_no_matrix():
    towers = layers.AITMTowers([TaskSpec(name=task) for task in TASKS])
    assert layers.GateRecords().matrices(towers) == []


class OwnBody(keras.layers.Layer):
    """A user's body, which tells nothing of its gates."""

    def __init__(self):
        super().__init__()
        self.gates = [layers.Gate(name=f"gate_{task}") for task in TASKS]

    def build(self, shape):
        for gate in self.gates:
            gate.build(shape, (None, 2, 4))

    def call(self, root):
        values = ops.stack([root, -root], axis=1)
        return {
            t: g(root, values) for t, g in zip(TASKS, self.gates, strict=True)
        }


def test_gates_of_a_body_of_ones_own():
    body = OwnBody()
    _, (matrix,) = run(body)
    assert matrix.readers == ("gate_click", "gate_like", "gate_buy")
    assert matrix.sources == ("1", "2")
    expected = checks.softmax(ROOT[0] @ body.gates[1].kernel.numpy())
    with layers.GateRecords() as records:
        body(ROOT[:1])
    assert_near(records.means(body.gates[1]), expected)


def test_bodies_without_choices_have_no_matrix():
    for body in (layers.SharedBottom(TASKS), layers.L2Constrained(TASKS)):
        assert run(body)[1] == []


def test_a_gate_that_did_not_run_is_refused():
    body = layers.MMoE(TASKS, 3, **UNITS)
    run(body)
    with layers.GateRecords() as records:
        pass
    body(ROOT)  # after they were closed
    with pytest.raises(ValueError, match="`gate` must have run"):
        records.matrices(body)
