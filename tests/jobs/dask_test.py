"""Jobs on the workers of a Dask cluster."""

import random

import light_jobs
import pytest
from light_jobs import LightJob

from mtnas_tf.jobs import JobError
from mtnas_tf.jobs import finished_jobs
from mtnas_tf.jobs import named_executor

distributed = pytest.importorskip("distributed")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("default"),  # of a cluster that loses workers
]


@pytest.fixture(scope="module")
def address():
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        yield cluster.scheduler_address


# The first one: new workers draw random numbers to measure their disks.
def test_others_do_not_draw_from_a_job_s_generator(address, tmp_path):
    jobs = [LightJob(f"job {i}", tmp_path / "log") for i in range(4)]
    with named_executor(f"dask:{address}") as executor:
        done = dict(finished_jobs(executor, light_jobs.draws, jobs))
    assert done == {i: random.Random(f"job {i}").random() for i in range(4)}


def test_a_job_whose_worker_died_is_tried_again(address, tmp_path):
    jobs = [LightJob(f"job {i}", tmp_path / f"log_{i}") for i in range(3)]
    with named_executor(f"dask:{address}") as executor:
        done = finished_jobs(executor, light_jobs.dies_at_first, jobs)
        assert dict(done) == {i: f"job {i}" for i in range(3)}
        assert all(light_jobs.num_begun(job) >= 2 for job in jobs)
        with pytest.raises(JobError, match='job "job 1" failed, Floating'):
            list(finished_jobs(executor, light_jobs.fails, jobs[1:2]))
