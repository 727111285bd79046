"""Jobs that load nothing, for processes that start at once."""

import dataclasses
import os
import random
import signal
import time
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class LightJob:
    """A name, and a file that tells how often the job was begun."""

    name: str
    log: Path


def process_of(job):
    return os.getpid()


def threads_of(job):
    return os.environ["TF_NUM_INTRAOP_THREADS"]


def dies_at_first(job):
    """Kills its process when it is begun for the first time."""
    if _begin(job) == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return job.name


def dies(job):
    _begin(job)
    os.kill(os.getpid(), signal.SIGKILL)


def fails(job):
    raise FloatingPointError(f"{job.name} diverged")


def draws(job):
    """Draws after a while, in which other threads may draw."""
    random.seed(job.name)
    time.sleep(1)
    return random.random()


def sleeps(job):
    _begin(job)
    time.sleep(600)


def num_begun(job):
    return len(job.log.read_text()) if job.log.exists() else 0


def _begin(job):
    with job.log.open("a") as file:
        file.write("x")
    return num_begun(job)
