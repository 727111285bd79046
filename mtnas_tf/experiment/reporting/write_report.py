"""Writes the report of a directory."""

import json
from pathlib import Path

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.comparison.saved_comparison import read_comparison
from mtnas_tf.experiment.comparison.saved_comparison import read_sweep
from mtnas_tf.experiment.reporting.allocation_page import allocation_page
from mtnas_tf.experiment.reporting.comparison_page import comparison_page
from mtnas_tf.experiment.reporting.quickstart_page import quickstart_page
from mtnas_tf.experiment.reporting.run_page import run_page
from mtnas_tf.experiment.reporting.sweep_page import sweep_page
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import METRICS

REPORT = "report.html"
COMPARISON, SWEEP = "compare.json", "sweep.json"
QUICKSTART = "comparison.json"


def write_report(directory: Path, output: Path | None = None) -> Path:
    """Writes a run, a comparison, a sweep or a quickstart as one page.

    Args:
        directory: of `mtnas train`, `search`, `compare`, `sweep` or
            `quickstart`.
        output: the file to write. Defaults to `None`, `report.html` in the
            directory. A report that is there is written anew.

    Returns:
        The path of the page.

    Raises:
        FileNotFoundError: if there is no directory, or it is none of them.
        ValueError: if its comparison has no results.
    """
    directory = local_path(directory)
    if not directory.is_dir():
        raise FileNotFoundError(f"There is no run directory {directory}")
    if (directory / COMPARISON).is_file():
        page = _of_comparison(directory / COMPARISON)
    elif (directory / SWEEP).is_file():
        page = sweep_page(read_sweep(directory / SWEEP))
    elif (directory / QUICKSTART).is_file():
        page = quickstart_page(directory)
    elif (directory / METRICS).is_file():
        page = run_page(directory)
    else:
        raise FileNotFoundError(
            f"`run` must hold {COMPARISON}, {SWEEP}, {QUICKSTART} or "
            f"{METRICS}, as what `mtnas compare`, `sweep`, `quickstart`, "
            "`search` and `train` make. "
            f"Received: run={directory}"
        )
    path = local_path(output or directory / REPORT)
    write_text(path, page)
    return path


def _of_comparison(path: Path) -> str:
    kept = json.loads(path.read_text(encoding="utf-8"))
    if "claims" in kept:
        return comparison_page(read_comparison(path))
    if "summary" in kept:
        return allocation_page(kept)
    raise ValueError(
        f"`run` must hold a {COMPARISON} that `mtnas compare` wrote. "
        f"Received: run={path.parent}"
    )
