"""Worker processes on this machine."""

import dataclasses
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from concurrent.futures import Future
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import ParamSpec
from typing import TypeVar

from mtnas_tf.arguments import check_ints
from mtnas_tf.jobs.worker import start_worker

Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")


class ProcessExecutor(Executor):
    """Processes of this machine, each of which may die alone.

    A `ProcessPoolExecutor` gives up all its jobs when one of its processes is
    killed, for want of memory say. Here every process is a pool by itself. One
    that dies takes no other with it: it is started anew, and its job is tried
    again.

    Processes are spawned, since TensorFlow does not survive a fork. So a script
    that makes an executor does it below `if __name__ == "__main__":`.

    Args:
        num_workers: int > 0. Processes, each started with its first job.
            Defaults to the cores that this process may use.
        num_threads: int > 0. Threads that TensorFlow uses in each. Defaults to
            the worker's share of the cores, at least `1`.
        retries: int >= 0. How often a job whose process died is tried again.
            Defaults to `2`.
        initializer: callable without arguments that every process begins with.
            Defaults to `None`.

    Example:
    >>> with ProcessExecutor(num_workers=2, num_threads=1) as executor:
    ...     futures = [executor.submit(abs, x) for x in (-1, 2)]
    ...     [future.result() for future in futures]  # doctest: +SKIP
    [1, 2]
    """

    def __init__(
        self,
        num_workers: int | None = None,
        num_threads: int | None = None,
        retries: int = 2,
        initializer: Callable[[], object] | None = None,
    ) -> None:
        cores = _num_cores()
        self.num_workers = cores if num_workers is None else num_workers
        check_ints(num_workers=self.num_workers)
        share = max(1, cores // self.num_workers)
        self.num_threads = share if num_threads is None else num_threads
        check_ints(num_threads=self.num_threads)
        check_ints(0, retries=retries)
        self.retries = retries
        self.initializer = initializer
        self._threads = ThreadPoolExecutor(self.num_workers, "job")
        self._own = threading.local()  # the process of each thread
        self._processes: set[_Process] = set()
        self._lock = threading.Lock()
        self._is_stopped = False

    def submit(
        self,
        fn: Callable[Arguments, Result],
        /,
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Future[Result]:
        return self._threads.submit(self._run, fn, args, kwargs)

    def shutdown(
        self, wait: bool = True, *, cancel_futures: bool = False
    ) -> None:
        self._threads.shutdown(wait, cancel_futures=cancel_futures)
        if wait:
            for process in self._processes:
                process.pool.shutdown()

    def stop(self) -> None:
        """Ends all processes at once; what they were doing is lost."""
        with self._lock:
            self._is_stopped = True
            for process in self._processes:
                process.end()
        self.shutdown(cancel_futures=True)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A block that was left by an error does not wait for the other jobs.
        if kind is None:
            self.shutdown()
        else:
            self.stop()

    def _run(
        self,
        function: Callable[..., Result],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> Result:
        deaths = 0
        while True:
            try:
                pool = self._process().pool
                return pool.submit(function, *args, **kwargs).result()
            except BrokenProcessPool as error:
                self._drop_process()
                deaths += 1
                if self._is_stopped:
                    raise
                if deaths > self.retries:
                    raise BrokenProcessPool(
                        f"its process died, {deaths} times: was it killed for "
                        "want of memory?"
                    ) from error

    def _process(self) -> "_Process":
        """The process of this thread."""
        process: _Process | None = getattr(self._own, "process", None)
        if process is None:
            process = _Process.start(self.num_threads, self.initializer)
            self._own.process = process
            with self._lock:
                self._processes.add(process)
                if self._is_stopped:
                    process.end()
        return process

    def _drop_process(self) -> None:
        process: _Process | None = getattr(self._own, "process", None)
        if process is not None:
            process.pool.shutdown()
            self._own.process = None
            with self._lock:
                self._processes.discard(process)


def _num_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1  # not on Linux


@dataclasses.dataclass(frozen=True)
class _Process:
    """A pool of one process, and its id."""

    pool: ProcessPoolExecutor
    pid: int

    @classmethod
    def start(
        cls, num_threads: int, initializer: Callable[[], object] | None
    ) -> "_Process":
        pool = ProcessPoolExecutor(
            1,
            multiprocessing.get_context("spawn"),
            start_worker,
            (num_threads, initializer),
        )
        return cls(pool, pool.submit(os.getpid).result())

    def end(self) -> None:
        try:
            os.kill(self.pid, signal.SIGTERM)
        except ProcessLookupError:
            pass  # it has ended by itself
