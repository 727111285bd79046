import time
from concurrent.futures import ThreadPoolExecutor

import light_jobs
import pytest
from inline_executor import InlineExecutor
from light_jobs import LightJob

from mtnas_tf.jobs import JobError
from mtnas_tf.jobs import finished_jobs
from mtnas_tf.jobs import jobs_in_order
from mtnas_tf.progress import advance
from mtnas_tf.progress import shown_progress


@pytest.fixture
def jobs(tmp_path):
    return [LightJob(f"job {i}", tmp_path / f"log_{i}") for i in range(4)]


def does_work(job):
    advance(2.5)
    return job.name


def takes_long_at_first(job):
    if job.name == "job 0":
        time.sleep(0.2)
    return job.name


def test_every_job_is_done_once(jobs):
    found = dict(finished_jobs(InlineExecutor(), does_work, jobs))
    assert found == {i: f"job {i}" for i in range(4)}


def test_progress_is_that_of_the_jobs(jobs):
    with shown_progress(10, lambda line: None) as progress:
        done = []
        for _ in finished_jobs(InlineExecutor(), does_work, jobs):
            done.append(progress.done)
    assert done == [2.5, 5.0, 7.5, 10.0]


def test_results_in_the_order_of_the_jobs(monkeypatch, jobs):
    with ThreadPoolExecutor(4) as executor:
        found = list(jobs_in_order(executor, takes_long_at_first, jobs))
    assert found == [job.name for job in jobs]


def test_threads_of_a_process_do_one_job_at_a_time(jobs):
    running = []

    def one(job):
        running.append(job)
        time.sleep(0.01)
        assert running == [job]
        running.clear()

    with ThreadPoolExecutor(4) as executor:
        assert len(list(finished_jobs(executor, one, jobs))) == 4


def test_an_error_names_the_job(jobs):
    with pytest.raises(
        JobError, match='the job "job 0" failed, FloatingPointError: job 0 div'
    ) as info:
        list(finished_jobs(InlineExecutor(), light_jobs.fails, jobs[:1]))
    assert isinstance(info.value.__cause__, FloatingPointError)


def test_what_has_not_begun_is_cancelled(jobs):
    begun = []

    def one(job):
        begun.append(job)
        time.sleep(0.05)

    with ThreadPoolExecutor(1) as executor:
        for _ in finished_jobs(executor, one, jobs):
            break
    assert len(begun) < len(jobs)
