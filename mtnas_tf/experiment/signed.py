"""Differences as pages and terminals write them."""

import math


def signed(value: float, error: float = math.nan, digits: int = 4) -> str:
    """A difference with its sign, and with its standard error if it has one.

    What rounds to zero has no sign.

    Args:
        value: float.
        error: float. Its standard error. Defaults to NaN, none.
        digits: int >= 0, behind the point. Defaults to `4`.

    Example:
    >>> signed(0.0125, 0.005), signed(-0.00001), signed(0.5, digits=1)
    ('+0.0125 ± 0.0050', '0.0000', '+0.5')
    """
    text = f"{value:+.{digits}f}"
    if float(text) == 0:
        text = text[1:]
    return text if math.isnan(error) else f"{text} ± {error:.{digits}f}"
