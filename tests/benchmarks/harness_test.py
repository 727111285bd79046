import dataclasses
import pathlib
import sys

import pytest

from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement

FAKE = """
import os, sys, time

PACKAGES = ("pytest",)
print("noise at import")


def build(config):
    os.system("echo noise from C")
    if config.get("fails") == "build":
        raise ValueError("no such thing")
    calls = []

    def measure():
        print("noise in a round")
        calls.append(1)
        if len(calls) == config.get("fails_in_round"):
            if config["fails"] == "exit":
                os._exit(7)
            if config["fails"] == "hang":
                time.sleep(60)
            raise RuntimeError("broken")
        with open(config["diary"], "a") as diary:
            print(config["name"], file=diary)
        return {"speed": config["speed"] * len(calls)}

    return measure
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """Makes a subject that writes its rounds down; name -> Subject."""
    (tmp_path / "fake_subject.py").write_text(FAKE)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def make(name, speed=1.0, **config):
        config |= {"name": name, "speed": speed}
        config["diary"] = str(tmp_path / "diary")
        return processes.Subject(
            name=name, module="fake_subject", config=config
        )

    return make


def measure(subjects, tmp_path, rounds=3, **limits):
    return processes.measure(subjects, rounds, tmp_path / "logs", **limits)


def test_rounds_take_turns_forth_and_back(fake, tmp_path):
    subjects = [fake("x"), fake("y", speed=4.0), fake("z")]
    x, y, z = measure(subjects, tmp_path)
    assert (tmp_path / "diary").read_text().split() == list("xyzzyxxyz")
    assert [m.subject for m in (x, y, z)] == ["x", "y", "z"]
    assert y.values("speed") == [4.0, 8.0, 12.0]
    assert y.summary("speed") == {"median": 8.0, "spread": [4.0, 12.0]}
    assert y.ratio_to(x, "speed") == {"median": 4.0, "spread": [4.0, 4.0]}


def test_memory_and_versions_are_reported(fake, tmp_path):
    (x,) = measure([fake("x")], tmp_path, rounds=1)
    assert x.versions == {"pytest": pytest.__version__}
    if pathlib.Path("/proc/self/status").exists():
        assert 1 < x.import_mb <= x.peak_mb < 1000


def test_what_a_subject_prints_goes_to_its_log(fake, tmp_path):
    (x,) = measure([fake("x y")], tmp_path, rounds=1)
    assert x.error is None
    log = (tmp_path / "logs" / "x_y.log").read_text()
    for noise in ("at import", "from C", "in a round"):
        assert f"noise {noise}" in log


@pytest.mark.parametrize(
    ("config", "error"),
    [
        ({"fails": "build"}, "ValueError: no such thing"),
        ({"fails": "raise", "fails_in_round": 1}, "RuntimeError: broken"),
        ({"fails": "exit", "fails_in_round": 1}, "ended with status 7"),
    ],
)
def test_a_failing_subject_leaves_the_others(fake, tmp_path, config, error):
    bad, good = measure([fake("bad", **config), fake("good")], tmp_path)
    assert error in bad.error
    assert bad.rounds == []
    assert bad.summary("speed") is None
    assert bad.ratio_to(good, "speed") is None
    assert good.error is None
    assert len(good.rounds) == 3


def test_rounds_before_a_failure_stay(fake, tmp_path):
    bad, good = measure(
        [fake("bad", fails="raise", fails_in_round=2), fake("good")], tmp_path
    )
    assert bad.values("speed") == [1.0]
    assert bad.error is not None
    assert len(good.rounds) == 3


def test_a_hanging_subject_is_killed(fake, tmp_path):
    bad = fake("bad", fails="hang", fails_in_round=1)
    (bad,) = measure([bad], tmp_path, round_seconds=0.2)
    assert "did not finish a round within 0.2 s" in bad.error


def test_a_missing_interpreter_is_an_error_of_its_subject(fake, tmp_path):
    bad = dataclasses.replace(fake("bad"), python=str(tmp_path / "none"))
    bad, good = measure([bad, fake("good")], tmp_path)
    assert "No such file" in bad.error
    assert len(good.rounds) == 3


def test_a_missing_module_is_an_error_of_its_subject(tmp_path):
    bad = processes.Subject(name="bad", module="no_such_module")
    (bad,) = measure([bad], tmp_path)
    assert "No module named 'no_such_module'" in bad.error


def test_the_interpreter_is_this_one_by_default():
    assert processes.Subject(name="x", module="y").python == sys.executable


def test_a_ratio_pairs_rounds():
    ours = Measurement("ours", rounds=[{"speed": 4.0}, {"speed": 2.0}])
    other = Measurement("other", rounds=[{"speed": 2.0}, {"speed": 1.0}])
    assert ours.ratio_to(other, "speed")["spread"] == [2.0, 2.0]
