"""Jobs as tasks of Ray."""

import os
import sys

import light_jobs
import pytest
from light_jobs import LightJob

from mtnas_tf.jobs import JobError
from mtnas_tf.jobs import finished_jobs
from mtnas_tf.jobs import named_executor

pytest.importorskip("ray")

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]


def test_a_job_whose_worker_died_is_tried_again(tmp_path, monkeypatch):
    # Where Ray's workers find the jobs of tests.
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    jobs = [LightJob(f"job {i}", tmp_path / f"log_{i}") for i in range(3)]
    with named_executor("ray") as executor:
        done = finished_jobs(executor, light_jobs.dies_at_first, jobs)
        assert dict(done) == {i: f"job {i}" for i in range(3)}
        assert [light_jobs.num_begun(job) for job in jobs] == [2, 2, 2]
        threads = finished_jobs(executor, light_jobs.threads_of, jobs[:1])
        assert list(threads) == [(0, "1")]
        with pytest.raises(
            JobError, match='(?s)job "job 1" failed, .*diverged'
        ):
            list(finished_jobs(executor, light_jobs.fails, jobs[1:2]))
