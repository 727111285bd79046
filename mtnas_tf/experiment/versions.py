"""Versions of what a run was made with."""

import platform
from importlib import metadata

PACKAGES = (
    "mtnas_tf",
    "keras",
    "tensorflow",
    "numpy",
    "tensorflow-datasets",
    "onnx",
    "onnxruntime",
)


def versions() -> dict[str, str]:
    """Name -> version of Python and of the packages that matter most.

    A package that is not installed is left out.

    Example:
    >>> versions()["python"].startswith("3.")
    True
    """
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return {**found, "platform": platform.platform(terse=True)}
