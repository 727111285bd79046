"""The files of a comparison or a sweep, written from its rows.

    python -m mtnas_tf.experiment.comparison.pages runs/compare

writes summary, claims, pages and picture of a run directory again, from the
rows in its `compare.json` or `sweep.json`. It trains nothing.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.comparison import report
from mtnas_tf.experiment.comparison import sweep as sweeping
from mtnas_tf.experiment.comparison.captions import is_methods_only
from mtnas_tf.experiment.comparison.compare import conclusions
from mtnas_tf.experiment.comparison.saved_row import with_nan
from mtnas_tf.experiment.comparison.sharing_pictures import draw_sharing_of_rows
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.plots.difference_plot import draw_differences
from mtnas_tf.plots.pareto_plot import draw_pareto

Result = dict[str, Any]


def write_comparison(result: Result, directory: Path) -> None:
    """Writes `compare.json`, its pages and pictures.

    The first picture is `pareto.svg`, of quality against cost; of methods
    alone, which cost about the same, `differences.svg`.

    Args:
        result: result of `compare`.
        directory: an existing directory.
    """
    write_text(directory / "compare.json", strict_json(result))
    write_text(directory / "compare.md", report.markdown_page(result))
    title, panels = result["dataset"], report.differences_to_mmoe(result)
    if is_methods_only(result["protocol"]) and any(panels.values()):
        picture = directory / "differences.svg"
        draw_differences(panels, picture, title)
    else:
        picture = directory / "pareto.svg"
        draw_pareto(report.pareto_points(result), picture, title)
    draw_sharing_of_rows(result["rows"], directory)


def write_sweep(result: Result, directory: Path) -> None:
    """Writes `sweep.json`, its page and `sweep.svg`.

    Args:
        result: result of `run_sweep`.
        directory: an existing directory.
    """
    write_text(directory / "sweep.json", strict_json(result))
    write_text(directory / "sweep.md", sweeping.markdown_page(result))
    sweeping.draw_sweep(result, directory / "sweep.svg")


def rewrite(directory: Path) -> list[str]:
    """Writes the files of a directory again from its rows.

    Args:
        directory: holds `compare.json`, `sweep.json` or both.

    Returns:
        Names of the JSON files that were there.

    Raises:
        FileNotFoundError: if neither is.
    """
    done = []
    path = directory / "compare.json"
    if path.is_file():
        write_comparison(
            concluded(json.loads(path.read_text(encoding="utf-8"))), directory
        )
        write_report(directory)
        done.append(path.name)
    path = directory / "sweep.json"
    if path.is_file():
        kept = json.loads(path.read_text(encoding="utf-8"))
        write_sweep(concluded_sweep(kept), directory)
        write_report(directory)
        done.append(path.name)
    if not done:
        raise FileNotFoundError(
            f"There is neither compare.json nor sweep.json in {directory}"
        )
    return done


def concluded(result: Result) -> Result:
    """A comparison whose conclusions are computed again from its rows.

    Args:
        result: content of `compare.json`.
    """
    rows = [with_nan(row) for row in result["rows"]]
    return {
        "dataset": result["dataset"],
        "protocol": result["protocol"],
        "rows": rows,
        **conclusions(rows, result["protocol"]),
    }


def concluded_sweep(result: Result) -> Result:
    """A sweep whose conclusions are computed again from its rows.

    Args:
        result: content of `sweep.json`.
    """
    variants = {
        label: concluded(compared)
        for label, compared in result["variants"].items()
    }
    return {
        **result,
        "variants": variants,
        "differences": sweeping.differences(variants),
    }


def _main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m mtnas_tf.experiment.comparison.pages",
        description="Write a comparison's pages anew from its rows.",
    )
    parser.add_argument("directory", type=Path, nargs="+")
    for directory in parser.parse_args().directory:
        for name in rewrite(directory):
            print(f"written anew from {directory / name}")


if __name__ == "__main__":
    _main()
