"""A command that runs sections and writes what they found."""

import argparse
import dataclasses
import pathlib
from collections.abc import Callable
from collections.abc import Mapping
from typing import Any

from benchmarks.harness import report
from benchmarks.harness import sections
from benchmarks.harness.processes import progress
from mtnas_tf.experiment.run_directory import write_text


@dataclasses.dataclass(frozen=True, kw_only=True)
class Program:
    """A package of sections, started as `python -m <name>`.

    Args:
        name: string. The package.
        about: string. What it does, in a line.
        kind: string. What a section is called.
        modules: section -> a module with `run(settings) -> dict`, in the order
            of the page.
        results: file of the results.
        page: file of the Markdown page.
        render: results -> text of the page.
        build_dir: directory for a smoke run's results.
    """

    name: str
    about: str
    kind: str
    modules: Mapping[str, str]
    results: pathlib.Path
    page: pathlib.Path
    render: Callable[[report.Results], str]
    build_dir: pathlib.Path

    def parse(self, **numbers: str) -> argparse.Namespace:
        """The command line: `only`, `smoke`, `output` and the given numbers.

        Args:
            **numbers: name of an option that is an int -> its help.
        """
        parser = argparse.ArgumentParser(
            prog=f"python -m {self.name}", description=self.about
        )
        smoke = self.build_dir / "smoke.json"
        parser.add_argument(
            "--only",
            nargs="+",
            choices=self.modules,
            default=list(self.modules),
            metavar=self.kind.upper(),
            help=f"what to run, of {', '.join(self.modules)}; default: all",
        )
        parser.add_argument(
            "--smoke",
            action="store_true",
            help="show in minutes that everything runs; figures mean nothing",
        )
        parser.add_argument(
            "--output",
            type=pathlib.Path,
            help="results, with a Markdown page beside; default: "
            f"{self.results} and {self.page}, or {smoke}",
        )
        for name, text in numbers.items():
            parser.add_argument(f"--{name}", type=int, help=text)
        arguments = parser.parse_args()
        arguments.output = arguments.output or (
            smoke if arguments.smoke else self.results
        )
        return arguments

    def run(
        self,
        arguments: argparse.Namespace,
        settings: Any,
        extent: Mapping[str, Any],
    ) -> int:
        """Runs sections one after the other, and writes after each.

        Args:
            arguments: what `parse` returned. Sections that it does not name
                stay in the results as they are.
            settings: what sections get; has `is_smoke`.
            extent: how much is measured, by name.

        Returns:
            The exit status: 1 if a section failed.
        """
        output = arguments.output
        is_own = output == self.results
        page = self.page if is_own else output.with_suffix(".md")
        any_failed = False
        for name in arguments.only:
            section = sections.run(
                self.modules[name], settings, self.name, extent
            )
            any_failed |= sections.has_failed(section)
            # Read anew: another run may have written meanwhile.
            found = {**report.read(output), name: section}
            in_order = {key: found[key] for key in self.modules if key in found}
            report.write(output, in_order)
            page.parent.mkdir(parents=True, exist_ok=True)
            write_text(page, self.render(in_order))
        progress(f"wrote {output}")
        return int(any_failed)
