"""Search, derive, export and serve sparse sharing routes.

Sub-packages load on first use, so that `import mtnas_tf` is cheap.
"""

import importlib
from typing import Any

__version__ = "0.1.0"

_SUBPACKAGES = (
    "data",
    "derive",
    "experiment",
    "features",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "plots",
    "population",
    "routes",
    "search",
)
__all__ = [*_SUBPACKAGES]


def __getattr__(name: str) -> Any:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"mtnas_tf.{name}")
    raise AttributeError(f"module 'mtnas_tf' has no attribute {name!r}")
