"""Workers that are killed while they train."""

import os
import signal

import psutil
import pytest
from resumed_comparison_test import without_times
from scripted_comparison import COMPARED
from tiny_experiment import load_data

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.methods_only import methods_only
from mtnas_tf.jobs import ProcessExecutor

METHODS = ("mmoe", "shared_bottom", "cross_stitch", "single_task")


def workers():
    """Processes that were spawned for jobs."""
    return [
        child.pid
        for child in psutil.Process().children()
        if "spawn_main" in " ".join(child.cmdline())
        and "resource_tracker" not in " ".join(child.cmdline())
    ]


@pytest.mark.slow
def test_nothing_is_lost_with_a_worker():
    config = with_section(COMPARED, "data", batch_size=50)
    config = methods_only(config, METHODS, 2)

    def result_of(executor, keep=None):
        silent = (load_data, lambda line: None, keep)
        return compare(config, 2, 2, *silent, executor=executor)["rows"]

    killed = []

    def kill(row):
        """Kills all workers, which are at other rows, with the first row."""
        if not killed:
            killed.extend(workers())
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    with ProcessExecutor(2, num_threads=1) as executor:
        rows = result_of(executor, kill)
        assert len(killed) == 2
        assert not set(killed) & set(workers())
    here = result_of(None)
    assert [without_times([r]) for r in rows] == [
        without_times([r]) for r in here
    ]
