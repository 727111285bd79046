import numpy as np

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet.estimators import Uniform


def test_draws_are_uniform_though_the_policy_is_not():
    policy = RoutePolicy([2, 4])
    policy.pin([1, 3])
    draws = np.concatenate([Uniform().draw(policy) for _ in range(200)])
    for block, size in enumerate((2, 4)):
        counts = np.bincount(draws[:, block], minlength=size) / 200
        tolerance = 4 * np.sqrt(1 / size * (1 - 1 / size) / 200)
        assert (np.abs(counts - 1 / size) <= tolerance).all()
