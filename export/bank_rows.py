"""The weights of some sub-networks of a layer, as a graph needs them."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.layers import SubNetworkBank

from .onnx_graph import to_array


@dataclasses.dataclass(frozen=True)
class BankRows:
    """The weights of sub-networks, batch normalization folded in.

    Args:
        kernels: array `(sub-networks, inputs, units)`.
        biases: array `(sub-networks, units)`.
        gammas: array `(sub-networks, units)` of a layer normalization, or
            `None`.
        betas: the same, its offsets.
        epsilon: float, of the normalization.
    """

    kernels: np.ndarray
    biases: np.ndarray
    gammas: np.ndarray | None = None
    betas: np.ndarray | None = None
    epsilon: float = 0.0

    @classmethod
    def of(
        cls, bank: SubNetworkBank, rows: Sequence[int] | None = None
    ) -> "BankRows":
        """The weights of a bank.

        Args:
            bank: `SubNetworkBank`.
            rows: indices of its sub-networks. Defaults to `None`, all.
        """
        kept = slice(None) if rows is None else list(rows)
        kernels, biases = to_array(bank.kernel), to_array(bank.bias)
        norm: Any = bank.norm
        if bank.normalization == "batch":
            scale, offset = affine_norm(norm)
            kernels, biases = kernels * scale[:, None, :], biases * scale
            biases = biases + offset
        normalized: dict[str, Any] = {}
        if bank.normalization == "layer":
            normalized = {
                "gammas": to_array(norm.gamma)[kept],
                "betas": to_array(norm.beta)[kept],
                "epsilon": norm.epsilon,
            }
        return cls(kernels[kept], biases[kept], **normalized)


def affine_norm(norm: Any) -> tuple[np.ndarray, np.ndarray]:
    """Factor and offset of a batch normalization."""
    deviation = np.sqrt(to_array(norm.moving_variance) + norm.epsilon)
    scale = to_array(norm.gamma) / deviation
    return scale, to_array(norm.beta) - to_array(norm.moving_mean) * scale
