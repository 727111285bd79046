"""Executors by the names that the command line has for them."""

import contextlib
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import Executor
from types import ModuleType

from mtnas_tf.jobs.process_executor import ProcessExecutor

FORMS = "processes[:N], dask:ADDRESS or ray[:ADDRESS]"


def check_executor(name: str) -> str:
    """The name of an executor, as it is.

    Args:
        name: see `named_executor`.

    Raises:
        ValueError: if it is none.

    Example:
    >>> check_executor("threads")
    Traceback (most recent call last):
    ValueError: `executor` must be processes[:N], dask:ADDRESS or \
ray[:ADDRESS]. Received: executor='threads'
    """
    kind, colon, place = name.partition(":")
    is_whole = bool(place) or not colon
    is_count = kind == "processes" and (not place or _is_count(place))
    is_cluster = (kind == "dask" and bool(place)) or kind == "ray"
    if not is_whole or not (is_count or is_cluster):
        raise ValueError(
            f"`executor` must be {FORMS}. Received: executor={name!r}"
        )
    return name


@contextlib.contextmanager
def named_executor(
    name: str | None, initializer: Callable[[], object] | None = None
) -> Iterator[Executor | None]:
    """An executor that is shut down when the block ends.

    If the block raises, processes of this machine are stopped, and what a
    cluster has not begun is cancelled.

    Args:
        name: `"processes"` for a process on every core, `"processes:2"` for
            two, `"dask:tcp://host:8786"` for the workers of a Dask scheduler,
            `"ray"` for a Ray of this machine alone, `"ray:auto"` or
            `"ray:host:6379"` for a Ray cluster; or `None`.
        initializer: see `ProcessExecutor`; of processes alone. Defaults to
            `None`.

    Yields:
        `concurrent.futures.Executor`; `None` without a name.

    Example:
    >>> with mt.jobs.named_executor("processes:2") as executor:
    ...     executor.num_workers
    2
    """
    kind, _, place = check_executor(name).partition(":") if name else ("",) * 3
    if kind == "processes":
        count = int(place) if place else None
        with ProcessExecutor(count, initializer=initializer) as processes:
            yield processes
    elif kind == "dask":
        distributed = _dask()
        from mtnas_tf.jobs.own_random import OwnRandom

        with distributed.Client(place) as client:
            client.register_plugin(OwnRandom())
            yield client.get_executor(pure=False)
    elif kind == "ray":
        from mtnas_tf.jobs.ray_executor import RayExecutor

        with RayExecutor(place or None) as executor:
            yield executor
    else:
        yield None


def _is_count(text: str) -> bool:
    return text.isdecimal() and int(text) > 0


def _dask() -> ModuleType:
    try:
        import distributed
    except ImportError as error:
        raise ImportError(
            "`dask:` needs Dask: pip install 'mtnas_tf[dask]'"
        ) from error
    return distributed
