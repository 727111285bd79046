"""Cases that CI leaves out."""

from collections.abc import Collection
from collections.abc import Iterable
from typing import Any

import pytest

EXHAUSTIVE = [pytest.mark.slow, pytest.mark.exhaustive]


def all_but(kept: Collection[Any], values: Iterable[Any]) -> list[Any]:
    """Parameters of a test, of which those not `kept` are exhaustive."""
    return [
        value if value in kept else pytest.param(value, marks=EXHAUSTIVE)
        for value in values
    ]
