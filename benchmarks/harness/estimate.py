"""A mean with its standard error, as data and as text."""

import math
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from mtnas_tf.search.candidates.mean_and_error import mean_and_error


def estimate(values: Iterable[float]) -> dict[str, float | None]:
    """`mean` and `std_error`; the error of a single number is `None`."""
    mean, error = mean_and_error(list(values))
    return {"mean": mean, "std_error": None if math.isnan(error) else error}


def text(found: Mapping[str, Any], signed: bool = False) -> str:
    """Mean ± standard error, with four decimals."""
    mean = f"{found['mean']:{'+' if signed else ''}z.4f}"
    if found["std_error"] is None:
        return mean
    return f"{mean} ± {found['std_error']:.4f}"
