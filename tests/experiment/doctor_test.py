import json
from importlib import metadata

import pytest

from mtnas_tf.cli import main
from mtnas_tf.experiment import health


def by_name(checks):
    return {check["name"]: check for check in checks}


def test_a_check_says_what_was_found_and_what_to_do(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = by_name(health.checks(tmp_path))
    assert list(found) == [
        *("python", "packages", "tensorflow", "disk", "extras"),
        *("memory", "data"),
    ]
    for check in found.values():
        assert check["found"]
        assert bool(check["advice"]) == (check["status"] != "ok")
    assert found["tensorflow"]["status"] != "wrong"
    assert str(tmp_path) in found["data"]["found"]
    assert "mtnas prepare" in found["data"]["advice"]
    (tmp_path / "census_income").mkdir()
    data = by_name(health.checks(tmp_path))["data"]
    assert data["status"] == "ok" and "census_income" in data["found"]


@pytest.mark.parametrize(
    ("version", "text"), [("2.0", "is 2.0"), (None, "is missing")]
)
def test_a_wrong_package_is_named(monkeypatch, capsys, version, text):
    required = ["keras>=3.15", "numpy>=2", "optuna>=9; extra == 'tune'"]
    installed = {"keras": version, "numpy": "2.4"}

    def version_of(name):
        if installed[name] is None:
            raise metadata.PackageNotFoundError(name)
        return installed[name]

    monkeypatch.setattr(health.metadata, "requires", lambda _: required)
    monkeypatch.setattr(health.metadata, "version", version_of)
    assert main(["doctor"]) == 2
    captured = capsys.readouterr()
    assert f"keras>=3.15 ({text})" in captured.out
    assert (
        "1 of 7 checks failed. packages: run `pip install 'keras>=3.15'`"
        in (captured.err)
    )


def test_little_memory_is_a_note(monkeypatch, capsys, tmp_path):
    class Memory:
        available, total = 1e9, 4e9

    monkeypatch.setattr(health.psutil, "virtual_memory", Memory)
    monkeypatch.setattr(health, "_packages", health._python)
    assert main(["doctor", "--json", "--data-dir", str(tmp_path)]) == 0
    captured = capsys.readouterr()
    memory = by_name(json.loads(captured.out)["checks"])["memory"]
    assert (memory["status"], memory["found"]) == (
        "note",
        "1.0 GB free of 4.0 GB",
    )
    assert "memory: end other programs" in captured.err


def test_a_tensorflow_that_does_not_start(monkeypatch):
    def fail():
        raise ImportError("libfoo.so:\n no such file")

    monkeypatch.setattr(health.quiet, "import_tensorflow", fail)
    found = by_name(health.checks())
    assert found["tensorflow"]["found"] == (
        "does not start: libfoo.so: no such file"
    )
    assert "pip install" in found["tensorflow"]["advice"]
    assert "memory" not in found  # the package's own code needs TensorFlow
