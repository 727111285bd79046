"""Runs a section and records date, command and machine."""

import datetime
import importlib
import shlex
import sys
import time
import traceback
from collections.abc import Mapping
from typing import Any

from benchmarks.harness import machine
from benchmarks.harness.processes import progress


def run(
    module_name: str, settings: Any, program: str, extent: Mapping[str, Any]
) -> dict[str, Any]:
    """A section's results or error, with date, command and machine.

    Args:
        module_name: a module with `run(settings) -> dict`, imported here so
            that one that cannot be is the section's error.
        settings: what it gets; has `is_smoke`.
        program: the package that was started.
        extent: how much is measured, by name.
    """
    progress(f"{module_name}: started")
    start = time.monotonic()
    found = {
        "date": datetime.datetime.now(datetime.UTC).isoformat("T", "seconds"),
        "command": shlex.join(["python", "-m", program, *sys.argv[1:]]),
        "machine": machine.describe(),
        **extent,
        "is_smoke": settings.is_smoke,
    }
    try:
        module = importlib.import_module(module_name)
        about = (module.__doc__ or "").strip()
        found |= {"about": about, **module.run(settings)}
    except Exception as error:
        traceback.print_exc()
        found["error"] = f"{type(error).__name__}: {error}"
    found["seconds"] = time.monotonic() - start
    progress(f"{module_name}: ended after {found['seconds']:.0f} s")
    return found


def has_failed(section: Mapping[str, Any]) -> bool:
    """Whether a section has an error or, in a smoke run, any of its rows."""
    return "error" in section or (
        section["is_smoke"]
        and any(row.get("error") for row in section.get("rows", []))
    )
