"""Writes the files of one library's models, to be served.

    python -m benchmarks.serving.files MODULE '<JSON workload>' DIRECTORY

MODULE has `write(workload, directory)`: it writes `<model>/model.onnx` and
whatever else a subject reads, and returns what is to be known of the models, a
dict of plain data; the last line printed is its JSON. As a subject it may run
in an environment without `mtnas_tf`.
"""

import importlib
import json
import pathlib
import subprocess
import sys
from typing import Any

from benchmarks.harness.processes import ROOT
from benchmarks.workload import Workload

ERROR_LINES = 3


def main() -> None:
    """Writes the files."""
    module, workload, directory = sys.argv[1:]
    facts = importlib.import_module(module).write(
        Workload(**json.loads(workload)), pathlib.Path(directory)
    )
    print(json.dumps(facts))


def write_files(
    module: str,
    workload: dict[str, Any],
    directory: pathlib.Path,
    python: str = sys.executable,
) -> dict[str, Any]:
    """Runs this module in a process of its own.

    Raises:
        RuntimeError: with the last lines it printed, if it fails.
    """
    result = subprocess.run(
        [
            *(python, "-m", "benchmarks.serving.files", module),
            *(json.dumps(workload), str(directory)),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if result.returncode:
        lines = result.stderr.strip().splitlines()[-ERROR_LINES:]
        raise RuntimeError(" ".join(lines))
    facts: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    return facts


if __name__ == "__main__":
    main()
