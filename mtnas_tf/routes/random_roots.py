"""Random root features."""

from collections.abc import Sequence

import numpy as np


def random_roots(
    names: Sequence[str], roots: Sequence[str], rng: np.random.Generator
) -> dict[str, str]:
    """A root feature for each name, all equally likely.

    Args:
        names: of sub-networks of layer 1.
        roots: names of root features.
        rng: source of randomness.

    Example:
    >>> random_roots(("s1", "s2"), ("root",), np.random.default_rng(0))
    {'s1': 'root', 's2': 'root'}
    """
    drawn = rng.integers(len(roots), size=len(names))
    return {
        name: roots[index] for name, index in zip(names, drawn, strict=True)
    }
