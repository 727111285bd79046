"""The cells of a notebook, taken from a script of `examples/`.

The docstring becomes the first text, the imports the first cell, the arguments
of `main` the second, and every paragraph of `main` a cell of its own, without
the indentation. A drawing that a paragraph writes is shown behind it.
"""

import ast
import dataclasses
import re
import textwrap
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence

DRAWING = re.compile(r"draw_route\(\S+, (.+)\)$")


@dataclasses.dataclass(frozen=True)
class Cell:
    """A cell: text or Python."""

    kind: str
    source: str


def cells_of(
    script: str, name: str, values: Mapping[str, str], setup: Sequence[str] = ()
) -> list[Cell]:
    """The cells of a script.

    Args:
        script: its text.
        name: its file, which the first text names.
        values: argument of `main` -> Python that gives it its value.
        setup: lines of Python that make what the script reads.
    """
    tree = ast.parse(script)
    lines = script.splitlines()
    main = next(node for node in tree.body if isinstance(node, ast.FunctionDef))
    missing = {argument.arg for argument in main.args.args} ^ set(values)
    if missing:
        raise ValueError(
            "`values` must be those of the arguments of `main`. "
            f"Received: values={dict(values)} for {name}, which differ in "
            f"{sorted(missing)}"
        )
    arguments = [
        f"{key} = {value}" for key, value in values.items() if key != value
    ]
    return [
        Cell("markdown", _introduction(tree, name)),
        Cell("code", _imports(tree, lines)),
        Cell("code", "\n".join([*setup, *arguments])),
        *_paragraphs(main, lines),
    ]


def _introduction(tree: ast.Module, name: str) -> str:
    """The docstring, with its commands set as code."""
    title, _, rest = str(ast.get_docstring(tree)).partition("\n")
    commands = re.sub(
        r"(?:^(?:mtnas|python) .*\n)+",
        lambda found: f"```\n{found[0]}```\n",
        "\n".join(map(str.strip, rest.strip().splitlines())),
        flags=re.M,
    )
    note = f"The steps of `examples/{name}`, with what they print."
    return f"# {title.rstrip('.')}\n\n{note}\n\n{commands}".strip()


def _imports(tree: ast.Module, lines: list[str]) -> str:
    """The imports but that of the command line."""
    nodes = [
        node
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    ]
    kept = lines[nodes[0].lineno - 1 : nodes[-1].end_lineno]
    return "\n".join(line for line in kept if line != "import argparse").strip()


def _paragraphs(main: ast.FunctionDef, lines: list[str]) -> Iterator[Cell]:
    """Statements of `main` that no empty line parts, with their comments."""
    body = main.body[1:]  # behind the docstring
    starts = [body[0].lineno]
    for before, node in zip(body, body[1:], strict=False):
        between = lines[int(before.end_lineno or 0) : node.lineno - 1]
        if "" in between:
            starts.append(int(before.end_lineno or 0) + between.index("") + 2)
    ends = [*(start - 2 for start in starts[1:]), body[-1].end_lineno]
    for start, end in zip(starts, ends, strict=True):
        source = textwrap.dedent("\n".join(lines[start - 1 : end])).strip()
        yield Cell("code", source)
        for line in source.splitlines():
            if found := DRAWING.search(line):
                yield Cell("code", f"SVG({found[1]})")
