"""`mtnas quickstart`: the whole line, once, on made-up data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.quickstart import stages


def quickstart(
    workdir: Path, seed: int = 0, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Runs the whole line, and prints the results.

    Args:
        workdir: the folder to make.
        seed: int from 0 to 9. Of the made-up data and of all that is drawn.
            Defaults to `0`.
        say: called with lines of text. Defaults to `print`.

    Returns:
        The content of `comparison.json`.
    """
    result = stages.run(workdir, say, seed)
    say(stages.summary(workdir, result))
    return result
