"""Peers' environments, one each: their requirements exclude one another."""

import pathlib
import shutil
import subprocess
import sys

from benchmarks.harness.processes import progress

BENCHMARKS = pathlib.Path(__file__).parents[1]
ENVIRONMENTS = BENCHMARKS.parent / "build" / "benchmarks"
ERROR_LINES = 3


def python_of(name: str) -> str:
    """The interpreter of an environment, installed first if need be.

    Args:
        name: a file of `benchmarks/requirements`, without its suffix. The
            environment is made anew when that file has changed.

    Returns:
        The interpreter's path.

    Raises:
        RuntimeError: if the requirements cannot be installed.
    """
    requirements = BENCHMARKS / "requirements" / f"{name}.txt"
    directory = ENVIRONMENTS / name
    python = directory / "bin" / "python"
    installed = directory / "requirements.txt"
    if not _is_same(requirements, installed):
        progress(f"  installing {name}")
        _run(sys.executable, "-m", "venv", "--clear", str(directory))
        _run(str(python), "-m", "pip", "install", "--quiet", "-r", requirements)
        shutil.copy(requirements, installed)
    return str(python)


def _is_same(file: pathlib.Path, copy: pathlib.Path) -> bool:
    return copy.exists() and copy.read_bytes() == file.read_bytes()


def _run(*command: str | pathlib.Path) -> None:
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode:
        lines = result.stderr.strip().splitlines()[-ERROR_LINES:]
        raise RuntimeError(" ".join(lines))
