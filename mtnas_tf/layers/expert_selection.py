"""Selectors of one expert each, written in bits: the heart of DSelect-k.

With m = ceil(log2 n) bits for n experts, a selector's code z in R^m gives

    r(z)_i = prod_b (S(z_b) if bit b of i is set else 1 - S(z_b))

S is 0 below -gamma / 2 and 1 above gamma / 2, so that a selector whose code has
left that interval reads one expert. Reference: Hazimeh et al., 2021
(https://arxiv.org/abs/2106.03760), section 3.
"""

import numpy as np
from keras import ops

from mtnas_tf.types import Tensor

EPSILON = 1e-6  # below which a weight or a sum is as good as 0


def num_bits(num_values: int) -> int:
    """Bits that number the values: `ceil(log2(num_values))`."""
    return (num_values - 1).bit_length()


def smooth_step(x: Tensor, gamma: float) -> Tensor:
    """A cubic from 0 at `-gamma / 2` to 1 at `gamma / 2`, constant beyond.

    Between them it is `-2 x^3 / gamma^3 + 3 x / (2 gamma) + 1 / 2`.

    Args:
        x: tensor.
        gamma: float > 0.

    Example:
    >>> smooth_step(np.array([-9.0, 0.0, 0.5]), gamma=1.0).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    t = ops.clip(x / gamma + 0.5, 0.0, 1.0)
    return t * t * (3 - 2 * t)


def selections(codes: Tensor, num_values: int, gamma: float) -> Tensor:
    """What each selector gives to each value, in float32.

    Args:
        codes: `(..., selectors, bits)`.
        num_values: int > 1.
        gamma: float > 0, see `smooth_step`.

    Returns:
        `(..., selectors, num_values)`. A row adds up to 1, less what belongs to
        numbers that no value has, where `num_values` is no power of two.
    """
    places = np.arange(num_bits(num_values))[::-1]
    bits = (np.arange(num_values)[:, None] >> places) & 1  # (values, bits)
    steps = smooth_step(ops.cast(codes, "float32"), gamma)[..., None, :]
    return ops.prod(ops.where(bits == 1, steps, 1 - steps), axis=-1)


def selection_penalty(selected: Tensor, entropy_weight: float) -> Tensor:
    """The penalty on selectors that have not chosen one value.

        entropy_weight * sum -r log r  +  sum_j (1 / sum_i r_ji - 1)

    The second term is there if the number of values is no power of two: it
    keeps selectors off the numbers that no value has. (The authors' code leaves
    out the -1, which makes it 0 where it has done its work.)

    Args:
        selected: `(selectors, values)`, or with examples first, over which the
            penalty is a mean.
        entropy_weight: float >= 0.

    Returns:
        A scalar.
    """
    entropy = -ops.sum(selected * ops.log(selected + EPSILON), axis=(-2, -1))
    penalty = entropy_weight * ops.mean(entropy)
    num_values = selected.shape[-1]
    if num_values == 2 ** num_bits(num_values):
        return penalty
    reached = ops.maximum(ops.sum(selected, axis=-1), EPSILON)
    return penalty + ops.mean(ops.sum(1 / reached - 1, axis=-1))
