"""Runs the scripts of `examples/` as notebooks: `make notebooks DATA=DIR`.

`DIR` has `kuairand/pure` and `book_crossing`, as `mtnas prepare` makes them.
Notebooks are written beside this file, with what they printed and drew.

    python docs/notebooks/make.py --data-dir DIR [SCRIPT ...]
"""

import argparse
import os
import pathlib
import re
import tempfile

import nbformat
from cells import cells_of
from nbclient import NotebookClient
from scripts import SCRIPTS

ROOT = pathlib.Path(__file__).parents[2]
# Lines that tell how far a search is, and what TensorFlow logs, which an
# interactive session prints.
MESSAGES = re.compile(r"^(.*\d+% done, .* left|WARNING:tensorflow:.*)\n", re.M)
# Colours and cursor movements of a terminal.
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
KERNEL = {
    "kernelspec": {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    }
}


def notebook_of(name: str) -> nbformat.NotebookNode:
    """The notebook of a script, not yet run."""
    text = (ROOT / "examples" / name).read_text(encoding="utf-8")
    make = {
        "markdown": nbformat.v4.new_markdown_cell,
        "code": nbformat.v4.new_code_cell,
    }
    cells = [
        make[cell.kind](cell.source, id=f"{pathlib.Path(name).stem}-{place}")
        for place, cell in enumerate(cells_of(text, name, *SCRIPTS[name]))
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata=KERNEL)


def shown(text: str) -> str:
    """What a terminal would show in the end, without progress and messages."""
    lines = ESCAPE.sub("", text).split("\n")
    kept = [re.split("[\r\b]+", line.rstrip("\r\b "))[-1] for line in lines]
    return MESSAGES.sub("", "\n".join(line.rstrip() for line in kept))


def tidy(notebook: nbformat.NotebookNode) -> None:
    """Keeps what was printed and drawn; no messages, bars and times."""
    for cell in notebook.cells:
        cell.metadata = {}
        if cell.cell_type != "code":
            continue
        kept = [o for o in cell.outputs if o.get("name") != "stderr"]
        printed = "".join(o.text for o in kept if o.output_type == "stream")
        cell.outputs = [o for o in kept if o.output_type != "stream"]
        if printed:
            output = nbformat.v4.new_output("stream", text=shown(printed))
            cell.outputs.insert(0, output)


def run(name: str, data_dir: pathlib.Path) -> None:
    """Runs a script's notebook in an empty folder, and writes it."""
    notebook = notebook_of(name)
    with tempfile.TemporaryDirectory() as folder:
        (pathlib.Path(folder) / "data").symlink_to(data_dir.resolve())
        resources = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=None, resources=resources).execute()
    tidy(notebook)
    path = pathlib.Path(__file__).with_name(name).with_suffix(".ipynb")
    nbformat.write(notebook, path)
    print(f"{path}: {path.stat().st_size / 1000:.0f} kB", flush=True)


def main(data_dir: pathlib.Path, names: list[str]) -> None:
    """Runs some scripts, or all."""
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), known])
    for name in names or SCRIPTS:
        run(name, data_dir)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("names", nargs="*", metavar="SCRIPT")
    main(**vars(parser.parse_args()))
