"""Trains, compares, writes what came of it; run from the repository's root.

    python -m studies [--only STUDY ...] [--seeds N] [--splits N]
        [--smoke] [--output FILE]

Studies made earlier stay in the results file until they are made again. The
exit status is 1 if a study failed, in a smoke run if any training did.
"""

import argparse
import importlib
import pathlib
import sys

from benchmarks import report
from benchmarks import sections
from studies.settings import Settings

# Study -> a module with `run(settings) -> dict`, whose `rows` may hold an
# `error`, and `page(section) -> str`, Markdown without a heading.
STUDIES = {
    name: f"studies.{name}"
    for name in (
        "peers",
        "convergence",
        "ranking",
        "enumerable",
        "planted",
        "relatedness",
        "throughput",
        "own_tables",
    )
}
RESULTS = pathlib.Path("benchmarks", "quality.json")
PAGE = pathlib.Path("docs", "quality.md")
BUILD_DIR = pathlib.Path("build", "benchmarks", "quality")
SEEDS = 2
SPLITS = 3
INTRODUCTION = """\
# Quality

Written by `make studies`. All weights learn on the training rows, everything
is chosen on the validation rows, and what was chosen is read off the test rows.
Not once in all: settings of `configs/book_crossing.py` were changed after
comparisons on the same rows had been read, and splits deal the same rows anew.
Means carry their standard error (±) over trainings, that is over pairs of a
split of the rows and a seed; differences are taken within a pair, and none is
tested or corrected for the number of them."""


def main() -> int:
    """Makes the studies asked for, one after the other."""
    arguments = _parse()
    settings = Settings(
        num_splits=arguments.splits,
        num_seeds=arguments.seeds,
        is_smoke=arguments.smoke,
        build_dir=BUILD_DIR,
    )
    extent = {"splits": settings.num_splits, "seeds": settings.num_seeds}
    has_failed = sections.run_all(
        STUDIES,
        arguments.only,
        settings,
        "studies",
        extent,
        arguments.output,
        _page(arguments.output),
        _markdown,
    )
    return int(has_failed)


def _markdown(results: report.Results) -> str:
    parts = [INTRODUCTION]
    for name, section in results.items():
        extent = f"{section['splits']} splits, {section['seeds']} seeds each"
        parts += [
            f"## {name.capitalize().replace('_', ' ')}",
            section["error"]
            if "error" in section
            else importlib.import_module(STUDIES[name]).page(section),
            report.origin(section, extent),
        ]
    return "\n\n".join(parts) + "\n"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m studies",
        description=__doc__.split("\n")[0],
    )
    outputs = f"{RESULTS} and {PAGE}, or smoke.json in {BUILD_DIR}"
    sections.add_arguments(parser, STUDIES, "study", outputs)
    parser.add_argument(
        "--seeds",
        type=int,
        help="trainings of a method on a split, in `peers`; other studies have "
        f"numbers of their own; default: {SEEDS}",
    )
    parser.add_argument(
        "--splits",
        type=int,
        help=f"splits of the rows, in `peers`; default: {SPLITS}",
    )
    arguments = parser.parse_args()
    is_smoke = arguments.smoke
    arguments.seeds = arguments.seeds or (1 if is_smoke else SEEDS)
    arguments.splits = arguments.splits or (1 if is_smoke else SPLITS)
    if arguments.output is None:
        arguments.output = BUILD_DIR / "smoke.json" if is_smoke else RESULTS
    return arguments


def _page(output: pathlib.Path) -> pathlib.Path:
    return PAGE if output == RESULTS else output.with_suffix(".md")


if __name__ == "__main__":
    sys.exit(main())
