"""Measures and writes what it found; run from the repository's root.

    python -m benchmarks [--only SECTION ...] [--rounds N] [--smoke]

Sections measured earlier stay in the results file until they are measured
again. The exit status is 1 if a section failed, in a smoke run if any subject
did.
"""

import pathlib
import sys

from benchmarks.harness import report
from benchmarks.harness.program import Program
from benchmarks.settings import Settings

BUILD_DIR = pathlib.Path("build", "benchmarks")
ROUNDS = 5
SMOKE_ROUNDS = 1
PROGRAM = Program(
    name="benchmarks",
    about=__doc__.split("\n")[0],
    kind="section",
    modules={
        name: f"benchmarks.{name}.section"
        for name in (
            "training",
            "search",
            "optimizer",
            "balancing",
            "zoo",
            "input",
            "stream",
            "memory",
            "serving",
            "server",
            "cost",
        )
    },
    results=pathlib.Path("benchmarks", "results.json"),
    page=pathlib.Path("docs", "benchmarks.md"),
    render=report.markdown,
    build_dir=BUILD_DIR,
)


def main() -> int:
    """Runs the sections asked for, one after the other."""
    arguments = PROGRAM.parse(
        rounds=f"rounds of every comparison; default: {ROUNDS}"
    )
    default = SMOKE_ROUNDS if arguments.smoke else ROUNDS
    settings = Settings(
        rounds=arguments.rounds or default,
        is_smoke=arguments.smoke,
        log_dir=BUILD_DIR / "logs",
    )
    return PROGRAM.run(arguments, settings, {"rounds": settings.rounds})


if __name__ == "__main__":
    sys.exit(main())
