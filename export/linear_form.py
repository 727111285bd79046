"""A linear form over tensors of a graph."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class LinearForm:
    """The linear form `bias + sum of source @ kernel` over sources.

    Args:
        bias: array `shape`.
        kernels: dict source -> array `(width, *shape)`.
    """

    bias: np.ndarray
    kernels: dict[str, np.ndarray] = dataclasses.field(default_factory=dict)

    def kernel(self, source: str, width: int) -> np.ndarray:
        """The kernel of a source; a new one is zero."""
        zeros = np.zeros((width, *self.bias.shape), np.float32)
        return self.kernels.setdefault(source, zeros)
