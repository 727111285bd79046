import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool

import light_jobs
import psutil
import pytest
from light_jobs import LightJob

from mtnas_tf.jobs import ProcessExecutor

CORES = len(os.sched_getaffinity(0))


@pytest.fixture
def jobs(tmp_path):
    return [LightJob(f"job {i}", tmp_path / f"log_{i}") for i in range(4)]


def test_a_job_whose_process_died_is_tried_again_and_no_other(jobs):
    with ProcessExecutor(2, num_threads=3) as executor:
        pids = {
            executor.submit(light_jobs.process_of, job).result() for job in jobs
        }
        assert os.getpid() not in pids and len(pids) <= 2
        future = executor.submit(light_jobs.dies_at_first, jobs[0])
        assert future.result() == "job 0"
        assert light_jobs.num_begun(jobs[0]) == 2
        # Processes that did not die are used on.
        after = executor.submit(light_jobs.process_of, jobs[1]).result()
        assert after != os.getpid()
        threads = executor.submit(light_jobs.threads_of, jobs[1]).result()
        assert threads == "3"
    assert not multiprocessing.active_children()


def test_a_job_that_kills_every_process_is_given_up(jobs):
    with ProcessExecutor(1, retries=1) as executor:
        future = executor.submit(light_jobs.dies, jobs[0])
        with pytest.raises(BrokenProcessPool, match="died, 2 times.*memory"):
            future.result()
        assert light_jobs.num_begun(jobs[0]) == 2
        # The executor is not broken by it.
        assert executor.submit(light_jobs.process_of, jobs[1]).result()


def test_an_error_ends_what_is_running(jobs):
    start = time.monotonic()
    with pytest.raises(KeyError):
        with ProcessExecutor(1) as executor:
            running = executor.submit(light_jobs.sleeps, jobs[0])
            waiting = executor.submit(light_jobs.sleeps, jobs[1])
            while not light_jobs.num_begun(jobs[0]):
                time.sleep(0.01)
            raise KeyError
    assert time.monotonic() - start < 60  # a job sleeps for ten minutes
    with pytest.raises(BrokenProcessPool):
        running.result()
    with pytest.raises(CancelledError):
        waiting.result()
    assert light_jobs.num_begun(jobs[0]) == 1
    assert not light_jobs.num_begun(jobs[1])
    assert not multiprocessing.active_children()


def test_threads_are_a_share_of_the_cores():
    with ProcessExecutor() as executor:
        assert (executor.num_workers, executor.num_threads) == (CORES, 1)
    with ProcessExecutor(1) as executor:
        assert executor.num_threads == CORES
    with ProcessExecutor(2 * CORES) as executor:
        assert executor.num_threads == 1


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_workers": 0}, "`num_workers` must be .* at least 1.*=0"),
        ({"num_threads": 0}, "`num_threads` must be .* at least 1.*=0"),
        ({"retries": -1}, "`retries` must be .* at least 0.*=-1"),
    ],
)
def test_wrong_numbers(kwargs, message):
    with pytest.raises(ValueError, match=message):
        ProcessExecutor(**kwargs)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_workers_end_with_their_parent(tmp_path, number):
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent("""
            import pathlib
            import light_jobs
            from mtnas_tf.jobs import ProcessExecutor, finished_jobs
            if __name__ == "__main__":
                log = pathlib.Path(__file__).with_name("log")
                jobs = [light_jobs.LightJob("a", log)]
                with ProcessExecutor(1) as executor:
                    list(finished_jobs(executor, light_jobs.sleeps, jobs))
        """),
        encoding="utf-8",
    )
    paths = os.pathsep.join(sys.path)
    parent = subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": paths},
        start_new_session=True,
        stderr=subprocess.PIPE,
        text=True,
    )
    log = tmp_path / "log"
    while not log.exists():
        assert parent.poll() is None
        time.sleep(0.05)
    workers = psutil.Process(parent.pid).children(recursive=True)
    # As a terminal does it: to all processes of the group.
    if number == signal.SIGINT:
        os.killpg(parent.pid, number)
    else:
        os.kill(parent.pid, number)
    timer = threading.Timer(60, parent.kill)
    timer.start()
    _, errors = parent.communicate()
    timer.cancel()
    assert parent.returncode == -number
    _, alive = psutil.wait_procs(workers, timeout=30)
    assert not alive
    # One traceback, of the parent.
    assert errors.count("Traceback") == (number == signal.SIGINT)
