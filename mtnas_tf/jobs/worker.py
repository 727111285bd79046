"""What a worker process does before its first job."""

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable

# Read when TensorFlow, and the libraries below NumPy, start their threads.
THREADS = (
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "OMP_NUM_THREADS",
)


def start_worker(
    num_threads: int, initializer: Callable[[], object] | None = None
) -> None:
    """Prepares the process that this is called in for jobs.

    It is not interrupted by Ctrl-C, which its parent answers, and ends with its
    parent, however that ends.

    Args:
        num_threads: int > 0. Threads that an operation of TensorFlow may use.
        initializer: called last. Defaults to `None`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in THREADS:
        os.environ[name] = str(num_threads)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if initializer is not None:
        initializer()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
