"""Describes the machine that figures come from."""

import importlib.metadata
import os
import pathlib
import platform
from typing import Any

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy", "onnxruntime")


def describe() -> dict[str, Any]:
    """CPU, memory, system and versions of the libraries in use."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "ram_gb": _ram_gb(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "versions": {
            name: importlib.metadata.version(name) for name in PACKAGES
        },
    }


def _cpu_model() -> str:
    cpus = pathlib.Path("/proc/cpuinfo")
    if cpus.exists():
        for line in cpus.read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    return platform.processor()


def _ram_gb() -> float:
    num_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return round(num_bytes / 2**30, 1)
