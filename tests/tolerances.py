"""How far apart two computations of one number in float32 may lie.

Another processor, XLA instead of eager execution, another size of the batch
and another neighbour in an array all add the same terms in another order, with
or without fused multiplications. Whatever the order, a sum of `n` terms is off
by at most `n * eps / 2` of the sum of their magnitudes (Higham, Accuracy and
Stability of Numerical Algorithms, 2002, section 4.2), so two of them differ by
at most `n * eps`. Nothing follows for an absolute difference: tolerances are
relative to the largest value compared. Bits are equal only where one machine
ran one program twice.
"""

import ml_dtypes
import numpy as np
import pytest

# No path through a network of these tests adds up more, from a row of the table
# to a prediction; a softmax, a root and a logarithm count as some terms each.
NETWORK_TERMS = 64


def rounding(num_terms=NETWORK_TERMS, dtype="float32"):
    """Largest relative difference between two sums of `num_terms`."""
    return num_terms * float(ml_dtypes.finfo(dtype).eps)


def is_reached(gradient, axis, scale):
    """Where a gradient is more than the rounding of zero, over `axis`.

    A slope that is zero by what the softmax of one value subtracts comes out as
    zero on one processor and as 1e-7 on another.

    Args:
        gradient: array.
        axis: int or tuple of ints.
        scale: float. Magnitude of the slopes that were subtracted.
    """
    magnitudes = np.abs(np.asarray(gradient))
    return np.any(magnitudes > rounding() * scale, axis=axis)


def near(expected, num_terms=NETWORK_TERMS):
    """What `expected`, a number, list or dict, is equal to up to rounding.

    A dict may hold dicts, such as metrics by task.

    For losses, metrics and rewards: below 1 they are compared absolutely, since
    they come from probabilities that are themselves rounded.
    """
    if isinstance(expected, dict):
        return {key: near(value, num_terms) for key, value in expected.items()}
    tolerance = rounding(num_terms)
    return pytest.approx(expected, rel=tolerance, abs=tolerance)


def assert_near(
    actual, expected, num_terms=NETWORK_TERMS, *, scale=None, err_msg=""
):
    """Compares arrays up to rounding.

    Args:
        actual: array.
        expected: array.
        num_terms: int. Terms of the sums that were rounded.
        scale: float. Magnitude of what was added up, where more cancelled out
            than is left. Defaults to the largest magnitude of `expected`.
        err_msg: str.
    """
    if scale is None:
        magnitudes = np.abs(np.asarray(expected))
        is_finite = np.isfinite(magnitudes)
        scale = np.max(magnitudes, where=is_finite, initial=0.0)
    np.testing.assert_allclose(
        actual,
        expected,
        rtol=0,
        atol=rounding(num_terms) * scale,
        err_msg=err_msg,
    )
