"""Runs jobs by an executor, and gives their results as they come."""

import threading
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from concurrent.futures import Executor
from concurrent.futures import Future
from concurrent.futures import as_completed
from typing import Protocol
from typing import TypeVar

from mtnas_tf.jobs.job_error import JobError
from mtnas_tf.progress import advance
from mtnas_tf.progress import counted_progress


class Named(Protocol):
    """A job: a value with a name, which can be pickled."""

    @property
    def name(self) -> str:
        """What the job is called in errors."""


Job = TypeVar("Job", bound=Named)
Result = TypeVar("Result")

# TensorFlow and Keras keep state by process: a worker with several threads
# does one job at a time.
_ONE_AT_A_TIME = threading.Lock()


def finished_jobs(
    executor: Executor,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
) -> Iterator[tuple[int, Result]]:
    """Runs a function of every job.

    The progress that is shown advances by the work of every job that is done.
    When the loop over the results ends early, by an error too, jobs that have
    not begun are cancelled.

    Args:
        executor: `concurrent.futures.Executor`.
        function: of a job, importable by its name.
        jobs: values with a `name`, small and picklable.

    Yields:
        A job's place in `jobs` and its result, whichever is done first.

    Raises:
        JobError: if a job fails. It names the job.

    Example:
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from pathlib import PurePath  # which has a name
    >>> pool = ThreadPoolExecutor(2)
    >>> jobs = [PurePath("a/b"), PurePath("c/d/e")]
    >>> sizes = mt.jobs.finished_jobs(pool, lambda job: len(job.parts), jobs)
    >>> sorted(sizes)
    [(0, 2), (1, 3)]
    """
    places = {
        executor.submit(_done, function, job): place
        for place, job in enumerate(jobs)
    }
    try:
        for future in as_completed(places):
            place = places[future]
            result, work = _result_of(future, jobs[place].name)
            advance(work)
            yield place, result
    finally:
        for future in places:
            future.cancel()


def jobs_in_order(
    executor: Executor,
    function: Callable[[Job], Result],
    jobs: Sequence[Job],
) -> Iterator[Result]:
    """The results of `finished_jobs` in the order of the jobs.

    Args:
        executor: see `finished_jobs`.
        function: see `finished_jobs`.
        jobs: see `finished_jobs`.

    Yields:
        A job's result, as soon as it and those of all before are there.

    Example:
    >>> from concurrent.futures import ThreadPoolExecutor
    >>> from pathlib import PurePath  # which has a name
    >>> pool = ThreadPoolExecutor(2)
    >>> jobs = [PurePath("a/b"), PurePath("c/d/e")]
    >>> list(mt.jobs.jobs_in_order(pool, lambda job: len(job.parts), jobs))
    [2, 3]
    """
    waiting: dict[int, Result] = {}
    num_given = 0
    for place, result in finished_jobs(executor, function, jobs):
        waiting[place] = result
        while num_given in waiting:
            yield waiting.pop(num_given)
            num_given += 1


def _result_of(future: Future[Result], name: str) -> Result:
    try:
        return future.result()
    except Exception as error:
        raise JobError(name, error) from error


def _done(function: Callable[[Job], Result], job: Job) -> tuple[Result, float]:
    """A job's result and its work, in the process that runs it."""
    with _ONE_AT_A_TIME, counted_progress() as progress:
        return function(job), progress.done
