"""`mtnas doctor`: is this machine ready?"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.health import checks


def doctor(
    data_dir: Path | None = None, say: Callable[[str], None] = print
) -> dict[str, Any]:
    """Checks versions, devices, memory, disk and the data directory.

    Args:
        data_dir: where records of data sets lie. Defaults to TFDS's own.
        say: called with lines of text. Defaults to `print`.

    Returns:
        `{"checks": [{"name", "status", "found", "advice"}]}`.

    Raises:
        ValueError: if anything has to be mended; it says what to do.
    """
    found = checks(data_dir)
    rows = [[c["name"], c["status"], c["found"]] for c in found]
    say(aligned(["check", "status", "found"], rows))
    advised = [check for check in found if check["advice"]]
    for check in advised:
        say(f"\n{check['name']}: {check['advice']}")
    wrong = [check for check in found if check["status"] == "wrong"]
    if wrong:
        raise ValueError(
            f"{len(wrong)} of {len(found)} checks failed. "
            + " ".join(f"{c['name']}: {c['advice']}" for c in wrong)
        )
    if not advised:
        say("\nAll is well: `mtnas quickstart` runs the whole line.")
    return {"checks": found}
