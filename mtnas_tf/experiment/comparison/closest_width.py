"""The width at which a network has a given size."""

from collections.abc import Callable

MAX_UNITS = 4096


def closest_width(size: Callable[[int], int], target: int) -> int:
    """The width whose size comes closest to `target`; sizes grow with widths.

    Args:
        size: callable width -> size.
        target: int.

    Example:
    >>> closest_width(lambda units: 10 * units, 44)
    4
    """
    low, high = 1, MAX_UNITS
    while low < high:  # the smallest width with at least `target`
        middle = (low + high) // 2
        if size(middle) < target:
            low = middle + 1
        else:
            high = middle
    return min((low, max(low - 1, 1)), key=lambda u: abs(size(u) - target))
