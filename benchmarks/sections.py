"""Runs sections and notes how their results came about."""

import argparse
import datetime
import importlib
import pathlib
import shlex
import sys
import time
import traceback
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from benchmarks import machine
from benchmarks import report
from benchmarks.harness import progress
from mtnas_tf.experiment.run_directory import write_text


def run_all(
    modules: Mapping[str, str],
    names: Iterable[str],
    settings: Any,
    program: str,
    extent: Mapping[str, Any],
    output: pathlib.Path,
    page: pathlib.Path,
    render: Callable[[report.Results], str],
) -> bool:
    """Runs sections one after the other, and writes after each.

    Args:
        modules: section -> its module, see `run`; in the order of the page.
        names: sections to run. Others stay in the results as they are.
        settings: see `run`.
        program: see `run`.
        extent: see `run`.
        output: file of the results.
        page: file of the Markdown page.
        render: results -> text of the page.

    Returns:
        Whether any has failed.
    """
    any_failed = False
    for name in names:
        section = run(modules[name], settings, program, extent)
        any_failed |= has_failed(section)
        # Read anew: another run may have written meanwhile.
        found = {**report.read(output), name: section}
        in_order = {key: found[key] for key in modules if key in found}
        report.write(output, in_order)
        page.parent.mkdir(parents=True, exist_ok=True)
        write_text(page, render(in_order))
    progress(f"wrote {output}")
    return any_failed


def add_arguments(
    parser: argparse.ArgumentParser,
    modules: Mapping[str, str],
    kind: str,
    outputs: str,
) -> None:
    """Adds what every command that runs sections understands.

    Args:
        parser: the command's.
        modules: section -> its module.
        kind: what a section is called.
        outputs: where results go by default, in words.
    """
    parser.add_argument(
        "--only",
        nargs="+",
        choices=modules,
        default=list(modules),
        metavar=kind.upper(),
        help=f"what to run, of {', '.join(modules)}; default: all",
    )
    parser.add_argument(
        "--smoke",
        action="store_true",
        help="show in a minute that everything runs; figures mean nothing",
    )
    parser.add_argument(
        "--output",
        type=pathlib.Path,
        help=f"results, with a Markdown page beside; default: {outputs}",
    )


def run(
    module_name: str, settings: Any, program: str, extent: Mapping[str, Any]
) -> dict[str, Any]:
    """A section's results, or its error, and how they came about.

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
    """Whether it has an error; in a smoke run no row may have one either."""
    return "error" in section or (
        section["is_smoke"]
        and any(row.get("error") for row in section.get("rows", []))
    )
