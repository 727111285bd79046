"""Writes the report of a directory."""

import json
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.comparison.saved_comparison import read_comparison
from mtnas_tf.experiment.comparison.saved_comparison import read_sweep
from mtnas_tf.experiment.reporting.advice_page import advice_page
from mtnas_tf.experiment.reporting.allocation_page import allocation_page
from mtnas_tf.experiment.reporting.comparison_page import comparison_page
from mtnas_tf.experiment.reporting.quickstart_page import quickstart_page
from mtnas_tf.experiment.reporting.run_page import run_page
from mtnas_tf.experiment.reporting.sweep_page import sweep_page
from mtnas_tf.experiment.reporting.tune_page import tune_page
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.run_files import METRICS
from mtnas_tf.experiment.strict_json import with_nan

REPORT = "report.html"
COMPARISON, SWEEP = "compare.json", "sweep.json"
QUICKSTART = "comparison.json"
ADVICE, TUNE = "advice.json", "tune.json"
ADVISE = ("advice", "advise")  # the file, and the verb


def write_report(directory: Path, output: Path | None = None) -> Path:
    """Writes what a verb left in a directory as one page.

    Args:
        directory: of `mtnas train`, `search`, `compare`, `sweep`, `tune`,
            `advise` or `quickstart`.
        output: the file to write. Defaults to `None`, `report.html` in the
            directory. A report that is there is written anew.

    Returns:
        The path of the page.

    Raises:
        FileNotFoundError: if there is no directory, or it is none of them.
        ValueError: if its files are not those of a verb, or `output` cannot be
            written.
    """
    directory = local_path(directory)
    if not directory.is_dir():
        raise FileNotFoundError(f"There is no run directory {directory}")
    path = local_path(output or directory / REPORT)
    _check_place(path)
    if (directory / COMPARISON).is_file():
        page = _of_comparison(directory / COMPARISON)
    elif (directory / SWEEP).is_file():
        page = sweep_page(read_sweep(directory / SWEEP))
    elif (directory / QUICKSTART).is_file():
        page = quickstart_page(directory)
    elif (directory / TUNE).is_file():
        page = tune_page(directory, _numbers(directory / TUNE, "best"))
    elif (directory / ADVICE).is_file():
        page = advice_page(directory, _numbers(directory / ADVICE, "gains"))
    elif (directory / METRICS).is_file():
        page = run_page(directory)
    else:
        raise FileNotFoundError(
            f"`run` must hold {COMPARISON}, {SWEEP}, {QUICKSTART}, {TUNE}, "
            f"{ADVICE} or {METRICS}, as what `mtnas compare`, `sweep`, "
            "`quickstart`, `tune`, `advise`, `search` and `train` make. "
            f"Received: run={directory}"
        )
    write_text(path, page)
    return path


def _of_comparison(path: Path) -> str:
    kept = _content(path)
    if "claims" in kept:
        return comparison_page(read_comparison(path))
    if "summary" in kept:
        return allocation_page(kept)
    raise ValueError(
        f"`run` must hold a {COMPARISON} that `mtnas compare` wrote. "
        f"Received: run={path.parent}"
    )


def _check_place(path: Path) -> None:
    """Refuses before anything is drawn what cannot be written."""
    if path.is_dir() or not path.parent.is_dir():
        raise ValueError(
            "`output` must be a file in a folder that exists. "
            f"Received: output={path}"
        )


def _numbers(path: Path, key: str) -> dict[str, Any]:
    """What a verb wrote, with NaN where there is no number.

    Args:
        path: file.
        key: that it has if the verb wrote it.
    """
    found = _content(path)
    if key not in found:
        raise ValueError(
            f"{path} must be what `mtnas {path.stem.replace(*ADVISE)}` wrote. "
            "Received: something else"
        )
    return dict(with_nan(found))


def _content(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise ValueError(f"{path} must hold JSON of a verb: {error}") from error
