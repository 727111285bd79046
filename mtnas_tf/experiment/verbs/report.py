"""`mtnas report`: what a verb has made as one page for a browser."""

from collections.abc import Callable
from pathlib import Path

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.reporting.write_report import ADVICE
from mtnas_tf.experiment.reporting.write_report import COMPARISON
from mtnas_tf.experiment.reporting.write_report import SWEEP
from mtnas_tf.experiment.reporting.write_report import TUNE
from mtnas_tf.experiment.reporting.write_report import write_report
from mtnas_tf.experiment.run_files import Results

# Which may be named in place of their directory.
FILES = (COMPARISON, SWEEP, ADVICE, TUNE)


def report(
    run: Path,
    output: Path | None = None,
    say: Callable[[str], None] = print,
) -> Results:
    """Writes what a verb has made as a page that needs no network.

    Args:
        run: the run directory, or its `compare.json`, `sweep.json`,
            `advice.json` or `tune.json`.
        output: the file to write. Defaults to `None`, `report.html` in the
            directory. A report that is there is written anew.
        say: called with lines of text. Defaults to `print`.

    Returns:
        `{"report": path}`.
    """
    run = local_path(run)
    directory = run.parent if run.name in FILES else run
    if directory.is_file():
        raise ValueError(
            f"`run` must be a folder, or one of {', '.join(FILES)}. "
            f"Received: run={run}"
        )
    path = write_report(directory, output)
    size = path.stat().st_size
    say(f"written to {path} ({size / 1e6:.1f} MB); open it in a browser")
    return {"report": str(path)}
