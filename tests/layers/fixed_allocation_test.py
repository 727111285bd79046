import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.layers import FixedAllocation

SHAPE = (3, 2, 4)


def test_shares():
    bits = [[[1, 0, 1], [0, 0, 0]], [[0, 1, 0], [1, 1, 1]]]
    mean = FixedAllocation(bits).shares().numpy()
    third = [1 / 3] * 3
    assert_near(mean, [[[0.5, 0, 0.5], [0] * 3], [[0, 1, 0], third]])
    total = FixedAllocation(bits, "sum")
    np.testing.assert_array_equal(total.shares(), bits)
    np.testing.assert_array_equal(total.shares(task=1), bits[1])
    assert not total.trainable_weights
    assert float(total.penalty(0)) == 0


def test_shared():
    allocation = FixedAllocation.shared(SHAPE, "sum")
    np.testing.assert_array_equal(allocation.shares(), np.ones(SHAPE))


@pytest.mark.parametrize(("budget", "count"), [(0.5, 4), (1.0, 8), (0.1, 2)])
def test_random_ones_are_within_the_budget(budget, count):
    allocated = FixedAllocation.random(SHAPE, budget, seed=1).allocated
    assert allocated.sum(axis=(1, 2)).tolist() == [count] * 3
    assert allocated.any(axis=-1).all(), "a layer passes nothing on"
    again = FixedAllocation.random(SHAPE, budget, seed=1).allocated
    np.testing.assert_array_equal(allocated, again)


def test_random_ones_are_equally_likely():
    draws = [
        FixedAllocation.random((50, *SHAPE[1:]), 0.5, seed).allocated
        for seed in range(8)
    ]
    shares = np.concatenate(draws).mean(axis=0)
    assert np.abs(shares - 0.5).max() < 5 * np.sqrt(0.25 / 400)


def test_a_budget_beyond_the_whole_is_named():
    with pytest.raises(ValueError, match=r"`budget` must .*budget=1.5"):
        FixedAllocation.random(SHAPE, 1.5)


def test_config():
    allocation = FixedAllocation.random(SHAPE, 0.5)
    config = allocation.get_config()
    again = FixedAllocation.from_config(config)
    assert again.get_config() == config
    np.testing.assert_array_equal(again.allocated, allocation.allocated)
