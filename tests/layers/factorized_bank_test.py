"""Factorized kernels against loops, at full rank and at rank one."""

import checks
import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.layers import FactorizedBank
from mtnas_tf.layers import SubNetworkBank

BATCH, INPUT_DIM, TASKS, UNITS = 6, 4, 3, 5
RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(BATCH, INPUT_DIM)).astype("f")


def make(**kwargs):
    bank = FactorizedBank(TASKS, UNITS, **kwargs)
    bank.build(INPUTS.shape)
    checks.randomize(bank)
    return bank


def kernels(bank):
    """The docstring's sums, with loops."""
    core, a, c = (
        w.numpy() for w in (bank.core, bank.input_factor, bank.task_factor)
    )
    b = np.eye(UNITS) if bank.kind == "tt" else bank.unit_factor.numpy()
    found = np.zeros((TASKS, INPUT_DIM, UNITS))
    for t, d, u in np.ndindex(found.shape):
        for i, j, k in np.ndindex(core.shape):
            found[t, d, u] += core[i, j, k] * a[d, i] * b[u, j] * c[t, k]
    return found


@pytest.mark.parametrize("kind", ["tucker", "tt"])
def test_against_loops(kind):
    bank = make(kind=kind, rank=2, task_rank=2)
    assert bank.core.shape == (2, 2 if kind == "tucker" else UNITS, 2)
    assert_near(bank.kernel, kernels(bank))
    plain = SubNetworkBank(TASKS, UNITS)
    plain.build(INPUTS.shape)
    plain.set_weights([kernels(bank), bank.bias])
    assert_near(bank(INPUTS), plain(INPUTS))


@pytest.mark.parametrize("kind", ["tucker", "tt"])
def test_full_rank_represents_any_kernels(kind):
    bank = make(kind=kind)
    any_kernels = RNG.normal(size=(TASKS, INPUT_DIM, UNITS)).astype("f")
    bank.core.assign(any_kernels.transpose(1, 2, 0))
    for factor in (bank.input_factor, bank.unit_factor, bank.task_factor):
        if factor is not None:
            factor.assign(np.eye(*factor.shape))
    assert_near(bank.kernel, any_kernels)


@pytest.mark.parametrize("kind", ["tucker", "tt"])
def test_at_task_rank_one_kernels_are_multiples(kind):
    bank = make(kind=kind, task_rank=1)
    first, *others = np.asarray(bank.kernel)
    factors = bank.task_factor.numpy()[:, 0]
    for kernel, factor in zip(others, factors[1:], strict=True):
        assert_near(kernel, first * factor / factors[0])


def test_contract(tmp_path):
    checks.check_layer(
        FactorizedBank,
        {"num_subnetworks": TASKS, "units": UNITS, "rank": 2, "task_rank": 1},
        (INPUTS,),
        (BATCH, TASKS, UNITS),
        {
            "core": (2, 2, 1),
            "input_factor": (INPUT_DIM, 2),
            "task_factor": (TASKS, 1),
            "unit_factor": (UNITS, 2),
            "bias": (TASKS, UNITS),
        },
        path=tmp_path,
    )
