"""Comparisons in other processes, some of which are killed."""

import os
import signal

import psutil
import pytest
from scripted_comparison import COMPARED
from scripted_comparison import without_times
from tiny_experiment import load_data
from tiny_experiment import run_eagerly
from tiny_experiment import without_graphs

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.methods_only import methods_only
from mtnas_tf.jobs import ProcessExecutor
from mtnas_tf.jobs import named_executor

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:Even though the `tf.config"),
]

METHODS = ("mmoe", "cross_stitch", "single_task")
CONFIG = methods_only(
    with_section(COMPARED, "data", batch_size=50), METHODS, num_seeds=2
)


def rows_by(executor, keep=None):
    result = compare(
        CONFIG, 2, 2, load_data, lambda line: None, keep, executor=executor
    )
    return [without_times([row]) for row in result["rows"]]


@pytest.fixture(scope="module")
def here():
    with without_graphs():
        return rows_by(None)


def workers():
    """Processes that were spawned for jobs."""
    lines = {
        child.pid: " ".join(child.cmdline())
        for child in psutil.Process().children()
    }
    return [pid for pid, line in lines.items() if "spawn_main" in line]


def test_nothing_is_lost_with_a_worker(here):
    killed = []

    def kill(row):
        """Kills all workers, which are at other rows, with the first row."""
        if not killed:
            killed.extend(workers())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with ProcessExecutor(2, 1, initializer=run_eagerly) as executor:
        assert rows_by(executor, kill) == here
        assert len(killed) == 2
        assert not set(killed) & set(workers())


@pytest.mark.filterwarnings("default")  # Dask has some of its own
def test_rows_of_a_dask_cluster(here):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None
    ) as cluster:
        with distributed.Client(cluster) as client:
            client.run(run_eagerly)
        with named_executor(f"dask:{cluster.scheduler_address}") as executor:
            assert rows_by(executor) == here
