"""The colours of all plots of who reads what."""

from collections.abc import Iterable

import numpy as np
from matplotlib.colors import Colormap
from matplotlib.colors import Normalize

from mtnas_tf.plots.palette import AMOUNTS
from mtnas_tf.plots.palette import SIGNED
from mtnas_tf.routes import SharingMatrix


def shown(matrix: SharingMatrix) -> np.ndarray:
    """What is drawn: learned probabilities, or the weights if none were."""
    values = matrix.weights if matrix.probs is None else matrix.probs
    return np.asarray(values)


def scale_of(
    matrices: Iterable[SharingMatrix], least_top: float = 1.0
) -> tuple[Normalize, Colormap]:
    """One scale for all, and its colours.

    It starts at 0; where a value is below 0, it is even on both sides of 0,
    with two hues.

    Args:
        matrices: `SharingMatrix` each, at least one.
        least_top: float >= 0. The least of its upper ends. Defaults to `1.0`.
    """
    values = np.concatenate([shown(matrix).ravel() for matrix in matrices])
    top = max(least_top, np.nanmax(np.abs(values)))
    if np.nanmin(values) < 0:
        return Normalize(-top, top), SIGNED
    return Normalize(0, top), AMOUNTS
