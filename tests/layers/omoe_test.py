"""One gate for all tasks, against NumPy and its limiting cases."""

import checks
import numpy as np
import pytest
from network_reference import mix
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import MMoE
from mtnas_tf.layers import OMoE
from mtnas_tf.layers import SharedBottom

TASKS = ("click", "like", "buy")
ROOT = np.random.default_rng(0).normal(size=(3, 4)).astype("f")
SIZES = {"hidden_units": (6, 5), "stem_units": 7}


def make(cls, **kwargs):
    body = cls(TASKS, **SIZES, **kwargs)
    body.build(ROOT.shape)
    checks.randomize(body)
    return body


@pytest.mark.parametrize("root_query", ["features", "stem"])
def test_all_tasks_read_one_mixture(root_query):
    body = make(OMoE, num_experts=3, root_query=root_query)
    outputs = body(ROOT)
    assert list(outputs) == list(TASKS)
    for row, x in enumerate(ROOT):
        hidden = sub_network(body.stem.bank, 0, x)
        query = x if root_query == "features" else hidden
        experts = [hidden] * 3
        for bank in body.experts.banks:
            experts = [sub_network(bank, k, e) for k, e in enumerate(experts)]
        expected = mix(query @ body.gate.kernel.numpy(), experts)
        for values in outputs.values():
            assert_near(values[row], expected)


@pytest.mark.parametrize("gate_normalization", [None, "batch"])
def test_mmoe_of_equal_gates(gate_normalization):
    kwargs = {"num_experts": 3, "gate_normalization": gate_normalization}
    omoe, mmoe = make(OMoE, **kwargs), make(MMoE, **kwargs)
    mmoe.stem.set_weights(omoe.stem.get_weights())
    mmoe.experts.set_weights(omoe.experts.get_weights())
    for gate in mmoe.gates.values():
        gate.set_weights(omoe.gate.get_weights())
    checks.assert_close(
        checks.to_numpy(omoe(ROOT)), checks.to_numpy(mmoe(ROOT))
    )


def test_one_expert_is_a_shared_bottom():
    omoe, bottom = make(OMoE, num_experts=1), make(SharedBottom)
    bottom.set_weights(omoe.get_weights())
    checks.assert_close(
        checks.to_numpy(omoe(ROOT)), checks.to_numpy(bottom(ROOT))
    )
