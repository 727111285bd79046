"""Gradient surgery."""

import itertools

import numpy as np
import pytest
import toy_data
from tolerances import assert_near

from mtnas_tf.balancing import PCGrad
from mtnas_tf.balancing.pc_grad import projected

TASKS = (toy_data.CLICK, toy_data.BUY, toy_data.STARS)


def make(num_tasks, seed=0):
    balancing = PCGrad(seed)
    balancing.build(TASKS[:num_tasks], num_variables=0)
    return balancing


def surgery(gradients, order):
    """Algorithm 1 on whole gradients."""
    results = []
    for i, gradient in enumerate(gradients):
        changed = gradient.copy()
        for j in order[i]:
            product = changed @ gradients[j]
            if j != i and product < 0:
                changed -= (
                    product / (gradients[j] @ gradients[j]) * (gradients[j])
                )
        results.append(changed)
    return np.array(results)


def test_two_tasks_in_closed_form():
    rng = np.random.default_rng(0)
    for sign in (1, -1):
        first, second = rng.normal(size=(2, 7))
        second *= np.sign(first @ second) * sign
        gradients = np.array([first, second], "f")
        products = gradients @ gradients.T
        found = make(2).coefficients(products, None)
        expected = np.ones(2)
        if sign < 0:
            expected -= products[0, 1] / np.diagonal(products)
        assert_near(found, expected)


@pytest.mark.parametrize("seed", range(3))
def test_surgery_in_any_order(seed):
    rng = np.random.default_rng(seed)
    gradients = rng.normal(size=(4, 3)).astype("f")
    order = np.array([rng.permutation(4) for _ in range(4)])
    rows = np.asarray(projected(gradients @ gradients.T, order))
    expected = surgery(gradients, order)
    assert not np.allclose(expected, gradients)
    scale = np.abs(rows).sum(1).max() * np.abs(gradients).max()
    assert_near(rows @ gradients, expected, 256, scale=scale)


def test_three_tasks_have_random_orders():
    rng = np.random.default_rng(3)
    gradients = rng.normal(size=(3, 2)).astype("f")
    products = gradients @ gradients.T
    orders = [list(o) for o in itertools.permutations(range(3))]
    possible = [
        surgery(gradients, order).sum(0)
        for order in itertools.product(orders, repeat=3)
    ]
    balancing, found = make(3), []
    for _ in range(8):
        coefficients = np.asarray(balancing.coefficients(products, None))
        total = coefficients @ gradients
        assert min(np.abs(total - p).max() for p in possible) < 1e-4
        found.append(tuple(np.round(total, 3)))
    assert len(set(found)) > 1
    again = np.asarray(make(3).coefficients(products, None)) @ gradients
    assert tuple(np.round(again, 3)) == found[0]
    state = [w.path.rpartition("/")[2] for w in balancing.weights]
    assert state == ["seed_generator_state"]


def test_a_task_without_gradient_changes_nothing():
    products = np.array([[2.0, 0.0], [0.0, 0.0]], "f")
    assert_near(make(2).coefficients(products, None), [1, 1])
