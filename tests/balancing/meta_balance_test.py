"""Magnitudes of auxiliary gradients."""

import numpy as np
import pytest
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import MetaBalance

TASKS = (toy_data.CLICK, toy_data.BUY, toy_data.STARS)


def reference(steps, target, relax_factor, beta, strategy):
    """Algorithm 1, variable by variable, task by task."""
    averages = np.zeros(steps[0].shape)
    results = []
    for norms in steps:
        averages = beta * averages + (1 - beta) * norms
        result = np.ones_like(norms)
        for variable, row in enumerate(averages):
            for task, average in enumerate(row):
                ratio = row[target] / average
                is_left = (strategy == "reduce" and ratio > 1) or (
                    strategy == "enlarge" and ratio < 1
                )
                if not is_left:
                    result[variable, task] = (
                        ratio * relax_factor + 1 - relax_factor
                    )
        results.append(result)
    return results


@pytest.mark.parametrize("strategy", ["both", "reduce", "enlarge"])
def test_magnitudes_approach_the_targets(strategy):
    rng = np.random.default_rng(0)
    balancing = MetaBalance("buy", 0.6, 0.8, strategy)
    balancing.build(TASKS, num_variables=4)
    steps = [rng.uniform(0.1, 5, (4, 3)) for _ in range(3)]
    expected = reference(steps, 1, 0.6, 0.8, strategy)
    for norms, result in zip(steps, expected, strict=True):
        products = np.zeros((4, 3, 3), "f")
        products[:, range(3), range(3)] = norms**2
        found = balancing.coefficients(products, None)
        assert_near(found, result)
        assert_near(found[:, 1], np.ones(4))


def test_variables_that_are_not_shared_have_finite_coefficients():
    balancing = MetaBalance()
    balancing.build(TASKS, num_variables=2)
    assert balancing.target_index == 0
    found = balancing.coefficients(np.zeros((2, 3, 3), "f"), None)
    assert_near(found, np.ones((2, 3)))


def test_arguments_are_checked_and_kept():
    balancing = MetaBalance("buy", 0.6, 0.8, "reduce")
    again = MetaBalance.from_config(balancing.get_config())
    assert again.get_config() == balancing.get_config()
    with pytest.raises(ValueError, match=r"`relax_factor` must lie in \[0, 1"):
        MetaBalance(relax_factor=1.0)
    with pytest.raises(ValueError, match="`strategy` must be one of"):
        MetaBalance(strategy="a")
    with pytest.raises(ValueError, match="`target` must be one of .*'like'"):
        MetaBalance("like").build(TASKS, num_variables=1)
