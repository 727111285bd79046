"""`mtnas quickstart`: the whole line, once, on made-up data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_tf.experiment import quickstart as line
from mtnas_tf.experiment.verbs.predict import predict


def quickstart(
    workdir: Path, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Runs every verb in turn, and prints the results.

    Args:
        workdir: the folder to make.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The comparison, as `compare` returns it.
    """
    result = line.run(workdir, say)
    predict(
        workdir / "search" / "export",
        workdir / "rows.csv",
        workdir / "predictions.csv",
        say,
    )
    say(line.summary(workdir, result))
    return result
