"""The movement of a row by steps without gradient, in closed form.

With `m`, `v` a row's moments after step t and `rate(s)` Adam's bias-corrected
learning rate at step s, the steps s = t+1 .. n without gradient add up to

    -sum_k rate(t+k) b1^k m / (d_k sqrt(v) + epsilon),  d_k = b2^(k/2)
    = -m / (sqrt(v) + epsilon) * F(y),
    F(y) = sum_k rate(t+k) b1^k / (d_k + y (1 - d_k)),
    y = epsilon / (sqrt(v) + epsilon), in [0, 1].

`F` does not depend on the row but through `y`, in which it is nearly constant:
a few Chebyshev coefficients are `F` to the precision of float32. They are sums
over steps, so that a step adds its own term to those of the steps before, and
terms older than `num_terms` are too small to count.
"""

import math
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from numpy.polynomial import chebyshev

from mtnas_tf.types import Tensor

MOST_TERMS = 2**14
MOST_COEFFICIENTS = 12
TOLERANCE = 5e-6  # of `F`, relative


class MissedSteps:
    """The movement of a row in steps of Adam without a gradient.

    Args:
        beta_1: float in [0, 1). Decay of the first moment.
        beta_2: float in [0, 1). Decay of the second moment.
        epsilon: float > 0.

    Attributes:
        terms: array `(num_terms + 1, coefficients)`: a step of rate 1 adds
            these to the coefficients of a row last moved 0, 1, .. steps before.

    Raises:
        ValueError: if `beta_1` is not well below the root of `beta_2`: momentum
            would then outlive the second moment.
    """

    def __init__(self, beta_1: float, beta_2: float, epsilon: float) -> None:
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        terms = _terms(beta_1, beta_2)
        if terms is None:
            raise ValueError(
                "`beta_1` must be well below the root of `beta_2` for "
                "semantics='exact'. "
                f"Received: beta_1={beta_1}, beta_2={beta_2}"
            )
        self.terms = terms

    @property
    def num_terms(self) -> int:
        """Steps after which the missed movement no longer grows."""
        return len(self.terms) - 1

    @property
    def num_coefficients(self) -> int:
        return int(self.terms.shape[1])

    def movement(self, m: Tensor, v: Tensor, coefficients: Tensor) -> Tensor:
        """The missed movement of rows.

        Args:
            m: `(..., dim)`. First moments after the last step taken.
            v: `(..., dim)`. Second moments, likewise.
            coefficients: `(..., coefficients)`. Sums of `terms` by rate.

        Returns:
            Tensor `(..., dim)`.
        """
        scale = tf.sqrt(v) + self.epsilon
        z = 2 * self.epsilon / scale - 1
        parts = tf.split(coefficients, self.num_coefficients, axis=-1)
        return -m / scale * _clenshaw(z, parts)

    def decayed(
        self, m: Tensor, v: Tensor, num_missed: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Moments after a number of steps without gradient."""
        num_missed = tf.cast(num_missed, m.dtype)[..., None]
        return (
            m * tf.exp(num_missed * _safe_log(self.beta_1)),
            v * tf.exp(num_missed * _safe_log(self.beta_2)),
        )


def _terms(beta_1: float, beta_2: float) -> np.ndarray | None:
    num_terms = _num_terms(beta_1, beta_2)
    if num_terms is None:
        return None
    return _chebyshev_terms(beta_1, beta_2, num_terms)


def _num_terms(beta_1: float, beta_2: float) -> int | None:
    """Number of terms, or `None` if there are too many to sum up."""
    if beta_1**2 >= beta_2:
        return None
    if beta_1 == 0:
        return 1
    ratio = beta_1 / math.sqrt(beta_2)
    num_terms = 1 + math.ceil(math.log(np.finfo("f").eps) / math.log(ratio))
    return num_terms if num_terms <= MOST_TERMS else None


def _chebyshev_terms(
    beta_1: float, beta_2: float, num_terms: int
) -> np.ndarray | None:
    """The fewest coefficients that are precise; `None` if there are none."""
    ages = np.arange(num_terms + 1)[:, None]
    decay = beta_2 ** (ages / 2)

    def term(z: np.ndarray) -> np.ndarray:
        y = (z + 1) / 2
        return (ages > 0) * beta_1**ages / (decay + y * (1 - decay))

    z = np.linspace(-1, 1, 201)
    total = term(z).sum(axis=0)
    for degree in range(MOST_COEFFICIENTS):
        points = chebyshev.chebpts1(degree + 1)
        basis = chebyshev.chebvander(points, degree)
        terms = np.linalg.solve(basis, term(points).T).T
        error = chebyshev.chebval(z, terms.sum(axis=0)) - total
        if np.all(np.abs(error) <= TOLERANCE * total):
            return np.asarray(terms)
    return None


def _clenshaw(z: Tensor, coefficients: Sequence[Tensor]) -> Tensor:
    """The Chebyshev series at `z`."""
    first, *others = coefficients
    after, current = 0.0, 0.0
    for coefficient in others[::-1]:
        after, current = current, coefficient + 2 * z * current - after
    return first + z * current - after


def _safe_log(beta: float) -> float:
    return math.log(max(beta, float(np.finfo("f").tiny)))
