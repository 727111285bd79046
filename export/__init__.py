"""Export of trained models to files that a server can run.

Names load on first use, so that `import export.serving` loads neither
TensorFlow nor Keras.
"""

import importlib
from typing import TYPE_CHECKING
from typing import Any

if TYPE_CHECKING:
    from .exporter import export_model as export_model
    from .mismatch import ExportMismatchError as ExportMismatchError
    from .version_folder import export_version as export_version

_HOMES = {
    "export_model": ".exporter",
    "export_version": ".version_folder",
    "ExportMismatchError": ".mismatch",
}
__all__ = ["ExportMismatchError", "export_model", "export_version"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module 'export' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "serving"])
