import math

import numpy as np
import pytest

from tfds_builders.synthetic_mtl import generator


def draw_tasks(seed=0, **changes):
    settings = {
        "correlation": 0.3,
        "num_features": 5,
        "scale": 2.0,
        "num_sines": 4,
    }
    rng = np.random.default_rng(seed)
    return generator.draw_tasks(rng, **(settings | changes))


def draw_rows(tasks, seed=0, num_rows=7, noise_variance=0.01):
    return generator.draw_rows(
        np.random.default_rng(seed),
        tasks,
        num_rows=num_rows,
        noise_variance=noise_variance,
    )


@pytest.mark.parametrize("correlation", [-1.0, -0.4, 0.0, 0.5, 0.9, 1.0])
@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_weights_have_length_scale_and_cosine_correlation(correlation, scale):
    w1, w2 = draw_tasks(correlation=correlation, scale=scale).weights
    assert math.sqrt(sum(v * v for v in w1)) == pytest.approx(scale)
    assert math.sqrt(sum(v * v for v in w2)) == pytest.approx(scale)
    cosine = sum(a * b for a, b in zip(w1, w2, strict=True)) / scale**2
    assert cosine == pytest.approx(correlation, abs=1e-12)


def test_weights_follow_equation_7():
    w1, u2 = draw_tasks(correlation=0.0, scale=1.0).weights
    weights = draw_tasks(correlation=0.6, scale=3.0).weights
    np.testing.assert_allclose(weights[0], 3 * w1)
    np.testing.assert_allclose(weights[1], 3 * (0.6 * w1 + 0.8 * u2))


def test_labels_follow_equations_8_and_9():
    tasks = draw_tasks()
    x, labels = draw_rows(tasks, noise_variance=0.0)
    assert x.shape == (7, 5) and labels.shape == (7, 2)
    assert x.dtype == labels.dtype == np.float32
    for row in range(7):
        for task in range(2):
            projection = sum(
                float(x[row, i]) * tasks.weights[task, i] for i in range(5)
            )
            expected = projection
            for i in range(4):
                expected += math.sin(
                    tasks.alpha[i] * projection + tasks.beta[i]
                )
            assert labels[row, task] == pytest.approx(expected, rel=1e-5)


def test_noise_has_the_given_variance_and_is_independent():
    tasks = draw_tasks()
    x, noiseless = draw_rows(tasks, num_rows=20_000, noise_variance=0.0)
    same_x, noisy = draw_rows(tasks, num_rows=20_000, noise_variance=0.04)
    np.testing.assert_array_equal(x, same_x)
    noise = noisy - noiseless
    # Standard errors: .001 of a mean, .0004 of a variance, .007 of r.
    np.testing.assert_allclose(noise.mean(axis=0), 0, atol=0.005)
    np.testing.assert_allclose(noise.var(axis=0), 0.04, atol=0.002)
    assert abs(np.corrcoef(noise.T)[0, 1]) < 0.03


def test_inputs_are_standard_normal():
    x, _ = draw_rows(draw_tasks(), num_rows=20_000)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), np.eye(5), atol=0.05)


def test_tasks_share_the_sines():
    tasks = draw_tasks(correlation=1.0)
    _, labels = draw_rows(tasks, noise_variance=0.0)
    np.testing.assert_allclose(labels[:, 0], labels[:, 1], rtol=1e-5)
    _, labels = draw_rows(tasks, num_rows=5_000, noise_variance=0.01)
    difference = labels[:, 0] - labels[:, 1]
    assert difference.var() == pytest.approx(0.02, abs=0.002)


def test_orthogonal_tasks_are_uncorrelated():
    tasks = draw_tasks(correlation=0.0, num_features=50, scale=1.0)
    _, labels = draw_rows(tasks, num_rows=10_000)
    # The standard error is .01.
    assert abs(np.corrcoef(labels.T)[0, 1]) < 0.04


def test_without_sines_labels_are_linear():
    tasks = draw_tasks(num_sines=0)
    x, labels = draw_rows(tasks, noise_variance=0.0)
    np.testing.assert_allclose(labels, x @ tasks.weights.T, rtol=1e-5)


def test_seed_determines_everything():
    first, second, other = draw_tasks(3), draw_tasks(3), draw_tasks(4)
    for name in ("weights", "alpha", "beta"):
        drawn = getattr(first, name)
        np.testing.assert_array_equal(drawn, getattr(second, name))
        assert not np.array_equal(drawn, getattr(other, name))
    for drawn, again, changed in zip(
        draw_rows(first, 3),
        draw_rows(first, 3),
        draw_rows(first, 4),
        strict=True,
    ):
        np.testing.assert_array_equal(drawn, again)
        assert not np.array_equal(drawn, changed)
