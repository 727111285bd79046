"""Measures and writes what it found; run from the repository's root.

    python -m benchmarks [--only SECTION ...] [--rounds N] [--smoke]

Sections measured earlier stay in the results file until they are measured
again. The exit status is 1 if a section failed, in a smoke run if any subject
did.
"""

import argparse
import pathlib
import sys

from benchmarks import report
from benchmarks import sections
from benchmarks.settings import Settings

# Section -> a module with `run(settings) -> dict`.
SECTIONS = {
    name: f"benchmarks.{name}"
    for name in (
        "training",
        "search",
        "optimizer",
        "input",
        "stream",
        "memory",
        "serving",
        "cost",
    )
}
RESULTS = pathlib.Path("benchmarks", "results.json")
PAGE = pathlib.Path("docs", "benchmarks.md")
BUILD_DIR = pathlib.Path("build", "benchmarks")
ROUNDS = 5
SMOKE_ROUNDS = 1


def main() -> int:
    """Runs the sections asked for, one after the other."""
    arguments = _parse()
    settings = Settings(
        rounds=arguments.rounds
        or (SMOKE_ROUNDS if arguments.smoke else ROUNDS),
        is_smoke=arguments.smoke,
        log_dir=BUILD_DIR / "logs",
    )
    has_failed = sections.run_all(
        SECTIONS,
        arguments.only,
        settings,
        "benchmarks",
        {"rounds": settings.rounds},
        arguments.output,
        _page(arguments.output),
        report.markdown,
    )
    return int(has_failed)


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__.split("\n")[0]
    )
    outputs = f"{RESULTS} and {PAGE}, or smoke.json in {BUILD_DIR}"
    sections.add_arguments(parser, SECTIONS, "section", outputs)
    parser.add_argument(
        "--rounds",
        type=int,
        help=f"rounds of every comparison; default: {ROUNDS}",
    )
    arguments = parser.parse_args()
    if arguments.output is None:
        smoke = BUILD_DIR / "smoke.json"
        arguments.output = smoke if arguments.smoke else RESULTS
    return arguments


def _page(output: pathlib.Path) -> pathlib.Path:
    return PAGE if output == RESULTS else output.with_suffix(".md")


if __name__ == "__main__":
    sys.exit(main())
