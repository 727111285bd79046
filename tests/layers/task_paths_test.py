import checks
import numpy as np
import pytest
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import Experts
from mtnas_tf.layers import RoutingNetworks

TASKS, ROWS, EXPERTS = 2, 4, 3
ROOT = np.random.default_rng(0).normal(size=(ROWS, 5)).astype("f")


def make(num_layers, num_experts=EXPERTS, **kwargs):
    names = [f"task {index}" for index in range(TASKS)]
    body = RoutingNetworks(names, num_layers, num_experts, **kwargs)
    body.build(ROOT.shape)
    for seed, layer in enumerate(body.experts):
        checks.randomize(layer, seed)
    return body


def run(body, weights, training=False):
    outputs = body.run(ROOT, list(weights), training)
    return np.stack([np.asarray(x) for x in outputs.values()])


def expert(layer, index, x):
    for bank in layer.banks:
        x = sub_network(bank, index, x)
    return x


@pytest.mark.parametrize("of_rows", [False, True])
@pytest.mark.parametrize("hidden_units", [(6,), (7, 6)])
@pytest.mark.parametrize("num_layers", [1, 3])
def test_each_task_has_its_own_input(num_layers, hidden_units, of_rows):
    body = make(num_layers, hidden_units=hidden_units)
    shape = (TASKS, ROWS, EXPERTS) if of_rows else (TASKS, EXPERTS)
    rng = np.random.default_rng(1)
    weights = rng.random((num_layers, *shape)).astype("f")
    outputs = run(body, weights)
    assert outputs.shape == (TASKS, ROWS, 6)
    for task in range(TASKS):
        for row in range(ROWS):
            x = ROOT[row]
            for layer, given in zip(body.experts, weights, strict=True):
                own = given[task, row] if of_rows else given[task]
                x = sum(w * expert(layer, k, x) for k, w in enumerate(own))
            assert_near(outputs[task, row], x)


def test_batch_statistics_are_those_of_a_task():
    # One expert, so that each task's path is an ordinary network.
    body = make(
        2,
        num_experts=1,
        hidden_units=(6,),
        min_probability=0.0,
        normalization="batch",
    )
    weights = np.array([[1.0], [3.0]], "f")  # the second task's is scaled
    outputs = run(body, [weights, weights], training=True)
    first = body.experts[0](ROOT, training=True).numpy()[:, 0]
    for task, weight in enumerate(weights[:, 0]):
        second = body.experts[1](weight * first, training=True).numpy()[:, 0]
        assert_near(outputs[task], weight * second)


def test_experts_know_their_shape():
    experts = Experts(4, (7, 6))
    assert experts.compute_output_shape((None, 5)) == (None, 4, 6)
    shape = experts.compute_output_shape((2, None, 1, 5))
    assert shape == (2, None, 4, 6)
