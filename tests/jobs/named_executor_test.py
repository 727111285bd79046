import sys

import pytest

from mtnas_tf.jobs import ProcessExecutor
from mtnas_tf.jobs import named_executor
from mtnas_tf.jobs.named_executor import check_executor


def test_no_executor():
    with named_executor(None) as executor:
        assert executor is None


def test_processes():
    with named_executor("processes:3", print) as executor:
        assert isinstance(executor, ProcessExecutor)
        assert executor.num_workers == 3
        assert executor.initializer is print


@pytest.mark.parametrize(
    "name",
    [
        "processes",
        "processes:2",
        "dask:tcp://scheduler:8786",
        "ray",
        "ray:auto",
    ],
)
def test_names(name):
    assert check_executor(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "threads",
        "processes:",
        "processes:0",
        "processes:two",
        "dask",
        "ray:",
    ],
)
def test_other_names(name):
    with pytest.raises(ValueError, match="`executor` must be processes.*Rec"):
        check_executor(name)


@pytest.mark.parametrize(
    ("name", "library", "message"),
    [
        ("dask:host:1", "distributed", r"needs Dask: .*mtnas_tf\[dask\]"),
        ("ray", "ray", r"needs Ray: .*mtnas_tf\[ray\]"),
    ],
)
def test_without_the_library(monkeypatch, name, library, message):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=message):
        with named_executor(name):
            pass
