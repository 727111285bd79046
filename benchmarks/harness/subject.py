"""Runs a subject in a process of its own: a round per line of input.

    python -m benchmarks.harness.subject MODULE FUNCTION '<JSON config>'

A subject is a module and one of its functions:

    PACKAGES = ("torch",)  # distributions whose versions are reported
    def build(config: dict) -> Callable[[], dict[str, float]]: ...

The function gets everything ready and warm; each call of what it returns
measures one round and returns its figures. The module imports its libraries at
its top, so that the memory they take by themselves can be told from the
subject's own. It may run in an environment without `mtnas_tf`: beside its
libraries it imports NumPy and modules of `benchmarks` that need no more.

The standard output carries one JSON object per line: `import_mb`, `peak_mb` and
`versions` once the subject is ready, then `figures` and `peak_mb` for every
line read, or `error`. Whatever else is printed goes to the standard error.
"""

import importlib
import importlib.metadata
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any


def main() -> None:
    """Measures rounds until the end of the input."""
    send = _claim_standard_output()
    try:
        module, function, config = sys.argv[1:]
        _serve(module, function, json.loads(config), send)
    except Exception as error:
        traceback.print_exc()
        send({"error": f"{type(error).__name__}: {error}"})
        sys.exit(1)


def memory_mb(kind: str) -> float | None:
    """Resident memory of this process in MB, None where there is no `/proc`.

    Args:
        kind: `"VmRSS"`, resident now, or `"VmHWM"`, its peak.
    """
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            lines = dict(line.split(":", 1) for line in status)
    except FileNotFoundError:
        return None
    return int(lines[kind].split()[0]) / 1024


def _serve(
    module_name: str,
    function: str,
    config: dict[str, Any],
    send: Callable[[dict[str, Any]], None],
) -> None:
    module = importlib.import_module(module_name)
    import_mb = memory_mb("VmRSS")
    measure = getattr(module, function)(config)
    versions = {
        name: importlib.metadata.version(name) for name in module.PACKAGES
    }
    send(
        {
            "import_mb": import_mb,
            "peak_mb": memory_mb("VmHWM"),
            "versions": versions,
        }
    )
    for _ in sys.stdin:
        figures = measure()
        send({"figures": figures, "peak_mb": memory_mb("VmHWM")})


def _claim_standard_output() -> Callable[[dict[str, Any]], None]:
    """Keeps the output for messages; prints go to the standard error."""
    output = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # below Python too: libraries print from C

    def send(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=output, flush=True)

    return send


if __name__ == "__main__":
    main()
