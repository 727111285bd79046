"""A typed script of a user passes mypy, and its mistakes are seen."""

import subprocess
import sys
from pathlib import Path

import pytest
import typed_script

ROOT = Path(__file__).parents[1]
CONFIG = """\
[mypy]
strict = True
disallow_subclassing_any = False
disallow_untyped_calls = False
warn_return_any = False

[mypy-keras.*,tensorflow.*]
ignore_missing_imports = True
follow_imports = skip

# As of an installed package: its types are read, its errors are its own.
[mypy-mtnas_tf.*,mtnas_preprocessing.*,tfds_builders.*,export.*]
ignore_errors = True
"""


@pytest.mark.slow
def test_a_typed_script_passes(tmp_path):
    (tmp_path / "mypy.ini").write_text(CONFIG)
    script = Path(typed_script.__file__)
    (tmp_path / script.name).write_text(script.read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", script.name],
        cwd=tmp_path,
        env={"PATH": str(Path(sys.executable).parent), "MYPYPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_the_script_runs(tmp_path):
    found = typed_script.train(tmp_path)
    assert set(found) == {"click", "like"}
    assert (tmp_path / "logs" / "validation").is_dir()
