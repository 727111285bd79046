"""The error of a job that failed elsewhere."""


class JobError(RuntimeError):
    """A job failed, or the processes that ran it died once too often.

    Its cause is the job's own error.

    Args:
        name: of the job.
        error: what it raised.

    Example:
    >>> print(JobError("mmoe, split 0, seed 3", OSError("no such file")))
    the job "mmoe, split 0, seed 3" failed, OSError: no such file
    """

    def __init__(self, name: str, error: BaseException) -> None:
        kind = type(error).__name__
        super().__init__(f'the job "{name}" failed, {kind}: {error}')
