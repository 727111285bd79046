"""Runs studies and writes their page; start it in the repository's root.

    python -m studies [--only STUDY ...] [--seeds N] [--splits N]
        [--smoke] [--output FILE]

Studies made earlier stay in the results file until they are made again. The
exit status is 1 if a study failed, in a smoke run if any training did.
"""

import importlib
import pathlib
import sys

from benchmarks.harness import report
from benchmarks.harness.program import Program
from studies.settings import Settings

BUILD_DIR = pathlib.Path("build", "studies")
# Study -> a module with `run(settings) -> dict`, whose `rows` may hold an
# `error`, and `page(section) -> str`, Markdown without a heading.
STUDIES = {
    name: f"studies.{name}"
    for name in (
        "peers",
        "convergence",
        "ranking",
        "short_trainings",
        "enumerable",
        "planted",
        "relatedness",
        "throughput",
        "own_tables",
        "strategies",
        "searches",
    )
}
SEEDS = 2
SPLITS = 3
INTRODUCTION = """\
# Studies

Written by `make studies`. Weights are trained on the training rows, everything
is chosen on the validation rows, and numbers come from the test rows. These had
been read before: settings of `configs/book_crossing.py` were changed after
comparisons on the same rows, and splits deal the same rows anew. Means have
their standard error (±) over trainings, that is over pairs of a split and a
seed. Differences are taken within a pair; they are neither tested nor corrected
for their number."""


def markdown(results: report.Results) -> str:
    """A part per study, by its module's `page(section)`."""
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


PROGRAM = Program(
    name="studies",
    about=__doc__.split("\n")[0],
    kind="study",
    modules=STUDIES,
    results=pathlib.Path("studies", "results.json"),
    page=pathlib.Path("docs", "studies.md"),
    render=markdown,
    build_dir=BUILD_DIR,
)


def main() -> int:
    """Makes the studies asked for, one after the other."""
    arguments = PROGRAM.parse(
        seeds="trainings of a method on a split, in `peers`; other studies "
        f"have numbers of their own; default: {SEEDS}",
        splits=f"splits of the rows, in `peers`; default: {SPLITS}",
    )
    settings = Settings(
        num_splits=arguments.splits or (1 if arguments.smoke else SPLITS),
        num_seeds=arguments.seeds or (1 if arguments.smoke else SEEDS),
        is_smoke=arguments.smoke,
        build_dir=BUILD_DIR,
    )
    extent = {"splits": settings.num_splits, "seeds": settings.num_seeds}
    return PROGRAM.run(arguments, settings, extent)


if __name__ == "__main__":
    sys.exit(main())
