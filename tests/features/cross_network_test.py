import checks
import numpy as np
import pytest
from checks import softmax
from tolerances import assert_near

from mtnas_tf.features import CrossNetwork

BATCH, UNITS, RANK, EXPERTS = 4, 5, 2, 3
INPUTS = np.random.default_rng(0).normal(size=(BATCH, UNITS)).astype("f")
LOW_RANK = {"projection_dim": RANK}
MIXTURE = {"projection_dim": RANK, "num_experts": EXPERTS}
NONLINEAR = {**MIXTURE, "activation": "tanh"}


def layer_weights(kwargs, layer):
    """Name -> shape of the weights of one cross layer."""
    columns = RANK * kwargs.get("num_experts", 1)
    shapes = {"kernel": (UNITS, UNITS)}
    if kwargs:
        shapes = {"projection": (UNITS, columns), "expansion": (columns, UNITS)}
    if "activation" in kwargs:
        shapes["mixing"] = (RANK, columns)
    shapes["bias"] = (UNITS,)
    return {f"{name}_{layer}": shape for name, shape in shapes.items()}


@pytest.mark.parametrize("kwargs", [{}, NONLINEAR], ids=["full", "mixture"])
def test_contract(kwargs, tmp_path):
    weights = {**layer_weights(kwargs, 0), **layer_weights(kwargs, 1)}
    if kwargs:
        weights["gate_kernel"] = (UNITS, EXPERTS)
    checks.check_layer(
        CrossNetwork,
        kwargs,
        (INPUTS,),
        (BATCH, UNITS),
        weights,
        path=tmp_path,
    )


def reference(network, x_0):
    """Equations 1 to 4 for one row, an expert at a time."""
    weights = {w.name: w.numpy().astype("float64") for w in network.weights}
    g = np.tanh if network.activation else np.asarray
    x = x_0
    for layer in range(network.num_cross_layers):
        bias = weights[f"bias_{layer}"]
        if network.projection_dim is None:
            x = x_0 * (weights[f"kernel_{layer}"].T @ x + bias) + x
            continue
        gates = [1.0]
        if network.num_experts > 1:
            gates = softmax(weights["gate_kernel"].T @ x)
        mixed = 0
        for expert, gate in enumerate(gates):
            own = slice(expert * RANK, (expert + 1) * RANK)
            v = weights[f"projection_{layer}"][:, own]
            u = weights[f"expansion_{layer}"][own].T
            hidden = g(v.T @ x)
            if network.activation:
                c = weights[f"mixing_{layer}"][:, own].T
                hidden = g(c @ hidden)
            mixed = mixed + gate * x_0 * (u @ hidden + bias)
        x = mixed + x
    return x


@pytest.mark.parametrize(
    "kwargs",
    [{}, LOW_RANK, MIXTURE, {**LOW_RANK, "activation": "tanh"}, NONLINEAR],
    ids=["1", "2", "3", "4, one expert", "4"],
)
def test_equation(kwargs):
    network = CrossNetwork(num_cross_layers=3, **kwargs)
    network.build(INPUTS.shape)
    rng = np.random.default_rng(1)
    for weight in network.weights:
        weight.assign(rng.normal(size=weight.shape))
    expected = [reference(network, row.astype("float64")) for row in INPUTS]
    assert_near(network(INPUTS), np.array(expected))


def test_experts_of_whole_rank_that_are_alike_are_one_matrix():
    full = CrossNetwork()
    mixture = CrossNetwork(projection_dim=UNITS, num_experts=2)
    for network in (full, mixture):
        network.build(INPUTS.shape)
        checks.randomize(network)
    for layer in range(2):
        kernel, bias = full.kernels[layer][0], full.biases[layer]
        identity = np.eye(UNITS)
        projection, expansion = mixture.kernels[layer]
        projection.assign(np.concatenate([kernel, kernel], axis=1))
        expansion.assign(np.concatenate([identity, identity]))
        mixture.biases[layer].assign(bias)
    assert_near(mixture(INPUTS), full(INPUTS).numpy())


def test_a_layer_raises_the_degree_by_one():
    network = CrossNetwork(num_cross_layers=2)
    network.build(INPUTS.shape)
    checks.randomize(network)
    # A polynomial of degree 3 in the scale: its fourth differences vanish.
    scales = np.arange(6, dtype="f")[:, None] / 5
    outputs = network(scales * np.abs(INPUTS[:1])).numpy()
    third, fourth = (np.diff(outputs, n=n, axis=0) for n in (3, 4))
    assert np.abs(fourth).max() < 1e-3 * np.abs(third).max()


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_cross_layers": 0}, "`num_cross_layers` must.*=0"),
        ({"projection_dim": 0}, "`projection_dim` must.*=0"),
        ({"projection_dim": 2, "num_experts": 0}, "`num_experts` must.*=0"),
        ({"num_experts": 2}, "`projection_dim` must.*num_experts=2"),
        ({"activation": "tanh"}, "`projection_dim` must.*activation='tanh'"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        CrossNetwork(**kwargs)
