"""MGDA, CAGrad and GDOD: directions in the span of the gradients."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest
import scipy.optimize
import tensorflow as tf
import toy_data
from tolerances import assert_near

from mtnas_tf import balancing as balancings
from mtnas_tf.balancing import BALANCINGS
from mtnas_tf.balancing import MGDA

# Made by public implementations, which the file names.
FILE = Path(__file__).with_name("public_vectors.json")
CASES = json.loads(FILE.read_text())["cases"]
JACOBIANS = [np.array(case["jacobian"], "f") for case in CASES]
IDS = [f"{len(j)} tasks {i}" for i, j in enumerate(JACOBIANS)]
GRADIENT_METHODS = ("cagrad", "gdod", "gradnorm", "mgda", "pcgrad")


@functools.cache
def compiled(name, *args):
    """In a graph: eagerly, the sweeps over five tasks take seconds."""
    balancing = BALANCINGS[name](*args)
    return tf.function(
        lambda x: balancing.coefficients(x, None), autograph=False
    )


def direction(method, gradients, factor=1.0):
    scaled = tf.constant(factor * gradients, tf.float32)
    products = tf.matmul(scaled, scaled, transpose_b=True)
    return np.asarray(compiled(*method)(products)) @ gradients


@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_mgda_is_the_public_one(case):
    gradients = np.array(case["jacobian"], "f")
    scale = np.abs(gradients).max()
    for factor in (1.0, 1e-6, 1e4):
        found = direction(["mgda"], gradients, factor)
        np.testing.assert_allclose(found, case["mgda"], atol=1e-4 * scale)


@pytest.mark.parametrize("c", [0.4, 1.2])
@pytest.mark.parametrize("case", CASES, ids=IDS)
def test_cagrad_is_the_public_one(case, c):
    gradients = np.array(case["jacobian"], "f")
    # Ours is times the number of tasks.
    expected = len(gradients) * np.array(case["cagrad"][str(c)])
    scale = np.abs(expected).max()
    for factor in (1.0, 1e-6, 1e4):
        found = direction(["cagrad", c], gradients, factor)
        np.testing.assert_allclose(found, expected, atol=2e-4 * scale)


def test_mgda_of_two_tasks_in_closed_form():
    rng = np.random.default_rng(0)
    for _ in range(20):
        first, second = gradients = rng.normal(size=(2, 3)).astype("f")
        share = (second - first) @ second / np.sum((first - second) ** 2)
        share = np.clip(share, 0, 1)
        found = MGDA().coefficients(gradients @ gradients.T, None)
        assert_near(found, [share, 1 - share], 10**3, scale=1)


def test_cagrad_is_what_scipy_finds():
    rng = np.random.default_rng(1)
    for _ in range(5):
        gradients = rng.normal(size=(3, 4)).astype("f")
        mean = gradients.mean(axis=0)
        radius = 0.5 * np.linalg.norm(mean)

        def worst(x, gradients=gradients):
            return -np.min(gradients @ x)

        ball = {
            "type": "ineq",
            "fun": lambda x, m=mean, r=radius: r**2 - np.sum((x - m) ** 2),
        }
        best = min(
            scipy.optimize.minimize(
                worst, mean + 0.1 * noise, constraints=[ball], method="SLSQP"
            ).fun
            for noise in rng.normal(size=(4, 4))
        )
        found = direction(["cagrad", 0.5], gradients) / 3
        assert np.linalg.norm(found - mean) <= radius * 1.001
        assert worst(found) <= best + 1e-3 * abs(best)


@pytest.mark.parametrize("gradients", JACOBIANS, ids=IDS)
def test_no_radius_is_plain_training(gradients):
    found = direction(["cagrad", 0.0], gradients)
    assert_near(found, gradients.sum(axis=0), 256)


@pytest.mark.parametrize("method", [("mgda",), ("cagrad", 0.7)])
def test_a_task_without_gradient_is_left_out(method):
    two = JACOBIANS[4][:2]
    three = np.concatenate([two, np.zeros_like(two[:1])])
    found = direction(method, three)
    assert_near(found, direction(method, two), 256)
    assert found.any()
    alone = np.concatenate([two[:1], np.zeros_like(two[:1])])
    factor = 1.0 if method == ("mgda",) else 1.7
    assert_near(direction(method, alone), factor * two[0], 256)
    assert not direction(method, 0 * two).any()


def decomposed(gradients):
    """Shared parts of the gradients, by singular vectors."""
    _, values, basis = np.linalg.svd(gradients, full_matrices=False)
    total = np.zeros(gradients.shape[1])
    for vector in basis[values > 1e-6 * values[0]]:
        coordinates = gradients @ vector
        if (coordinates >= 0).all() or (coordinates <= 0).all():
            total += coordinates.sum() * vector
    return total


@pytest.mark.parametrize("gradients", JACOBIANS, ids=IDS)
def test_gdod_keeps_the_shared_parts(gradients):
    for signed in (gradients, np.abs(gradients)):
        expected = decomposed(signed)
        scale = np.abs(signed).sum(axis=0).max()
        np.testing.assert_allclose(
            direction(["gdod"], signed), expected, atol=1e-4 * scale
        )


def test_gdod_of_two_tasks_of_one_norm_keeps_their_mean():
    first, second = np.array([[1, 0], [-0.6, 0.8]], "f")
    found = direction(["gdod"], np.array([first, second]))
    assert_near(found, first + second, 256)
    found = direction(["gdod"], np.array([first, -second]))
    assert_near(found, first - second, 256)


@pytest.mark.slow
@pytest.mark.parametrize("name", GRADIENT_METHODS)
def test_xla_computes_the_same(name):
    gradients = JACOBIANS[2]
    products, losses = gradients @ gradients.T, np.array([0.7, 2, 1], "f")
    tasks = (toy_data.CLICK, toy_data.BUY, toy_data.STARS)
    found = []
    for jit_compile in (None, True):
        balancing = balancings.get(name)
        balancing.build(tasks, num_variables=0)
        function = balancing.coefficients
        if jit_compile:
            function = tf.function(function, jit_compile=True, autograph=False)
        found.append(np.asarray(function(products, losses)))
    scale = np.abs(found[0]).max()
    if name == "pcgrad":  # XLA draws other orders
        assert found[1].min() >= 1
    else:
        np.testing.assert_allclose(*found, atol=1e-3 * scale)
