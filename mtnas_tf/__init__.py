"""Search, derive, export and serve sparse sharing routes.

Sub-packages load on first use, so that `import mtnas_tf` is cheap.
"""

import importlib
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mtnas_tf import balancing as balancing
    from mtnas_tf import data as data
    from mtnas_tf import derive as derive
    from mtnas_tf import experiment as experiment
    from mtnas_tf import features as features
    from mtnas_tf import jobs as jobs
    from mtnas_tf import layers as layers
    from mtnas_tf import losses as losses
    from mtnas_tf import metrics as metrics
    from mtnas_tf import models as models
    from mtnas_tf import optimizers as optimizers
    from mtnas_tf import plots as plots
    from mtnas_tf import population as population
    from mtnas_tf import routes as routes
    from mtnas_tf import search as search

__version__ = "0.1.0"

_SUBPACKAGES = (
    "balancing",
    "data",
    "derive",
    "experiment",
    "features",
    "jobs",
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


def __getattr__(name: str) -> ModuleType:
    if name in _SUBPACKAGES:
        return importlib.import_module(f"mtnas_tf.{name}")
    raise AttributeError(f"module 'mtnas_tf' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*_SUBPACKAGES, "__version__"})
