"""The workers that train for a run."""

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtnas_tf.experiment import quiet
from mtnas_tf.jobs import named_executor

ENCODED = "encoded"  # rows that workers read, while the run is made


@contextlib.contextmanager
def workers_of_run(executor: str | None, run: Path) -> Iterator[dict[str, Any]]:
    """Workers, and a folder in the run's directory where they find the rows.

    Args:
        executor: see `named_executor`.
        run: the run directory while it is made.

    Yields:
        Arguments `executor` and `store_dir`, see `CandidateSearch.run`; none
        without an executor.
    """
    with named_executor(executor, quiet.import_tensorflow) as workers:
        if workers is None:
            yield {}
            return
        store_dir = run / ENCODED
        # A run that was killed may have left it.
        shutil.rmtree(store_dir, ignore_errors=True)
        try:
            yield {"executor": workers, "store_dir": store_dir}
        finally:
            shutil.rmtree(store_dir, ignore_errors=True)
