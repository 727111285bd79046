"""The workers of a Ray cluster."""

from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import Future
from types import ModuleType
from typing import ParamSpec
from typing import TypeVar

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

THREADS = {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}


class RayExecutor(Executor):
    """Jobs as tasks of Ray, which tries those again whose worker died.

    A task takes one of the cores that Ray counts, and uses a thread.

    Args:
        address: of a cluster, see `ray.init`. Defaults to `None`, a Ray of this
            machine alone.
        retries: int >= 0. How often a job is tried again. Defaults to `2`.
    """

    def __init__(self, address: str | None = None, retries: int = 2) -> None:
        self._ray = _ray()
        self._ray.init(address, runtime_env={"env_vars": THREADS})
        self._call = self._ray.remote(max_retries=retries)(_call)

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        future: Future[Result] = self._call.remote(fn, args, kwargs).future()
        return future

    def shutdown(
        self, wait: bool = True, *, cancel_futures: bool = False
    ) -> None:
        self._ray.shutdown()


def _call(
    function: Callable[..., Result],
    args: tuple[object, ...],
    kwargs: dict[str, object],
) -> Result:
    return function(*args, **kwargs)


def _ray() -> ModuleType:
    try:
        import ray
    except ImportError as error:
        raise ImportError(
            "`ray` needs Ray: pip install 'mtnas_tf[ray]'"
        ) from error
    return ray
