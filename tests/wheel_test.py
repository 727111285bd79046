"""The wheel holds all that a user needs, and works without the repository."""

import configparser
import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = {
    "export",
    "mtnas_preprocessing",
    "mtnas_tf",
    "tfds_builders",
}
# What pip says when it cannot reach the package index.
NO_INDEX = re.compile(
    "connection|temporary failure|timed out|no matching distribution", re.I
)


def included_patterns():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser["options.packages.find"]["include"].split()


def is_included(name):
    return any(fnmatch.fnmatch(name, p) for p in included_patterns())


def test_packages_of_the_wheel():
    folders = {path.parent.name for path in ROOT.glob("*/__init__.py")}
    assert {name for name in folders if is_included(name)} == PACKAGES
    assert not any(map(is_included, ("tests", "benchmarks", "configs")))


@pytest.mark.parametrize("package", sorted(PACKAGES))
def test_every_folder_of_code_is_a_package(package):
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    left_out = [f for f in folders if not (f / "__init__.py").is_file()]
    assert not left_out


def run(*command, cwd, **kwargs):
    """Runs a command that needs the package index; skips where it cannot."""
    result = subprocess.run(
        [*map(str, command)], cwd=cwd, capture_output=True, text=True, **kwargs
    )
    output = result.stdout + result.stderr
    if result.returncode and NO_INDEX.search(output):
        pytest.skip(f"the package index cannot be reached: {output[-500:]}")
    assert result.returncode == 0, output
    return result


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    source = tmp_path_factory.mktemp("wheel") / "source"
    left_out = shutil.ignore_patterns(
        ".*", "build", "dist", "runs", "*.egg-info", "__pycache__"
    )
    shutil.copytree(ROOT, source, ignore=left_out)
    out = source.with_name("dist")
    run(sys.executable, "-m", "build", "--wheel", "--outdir", out, cwd=source)
    (path,) = out.glob("*.whl")
    return path


@pytest.mark.slow
def test_files_of_the_wheel(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    tops = {name.partition("/")[0] for name in names}
    (info,) = tops - PACKAGES
    assert tops == PACKAGES | {info}
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            assert path.relative_to(ROOT).as_posix() in names
    for path in (ROOT / "tfds_builders").glob("*/*"):
        if path.suffix in (".md", ".bib", ".txt", ".tsv"):
            assert path.relative_to(ROOT).as_posix() in names
    for path in (ROOT / "mtnas_tf").rglob("templates/*"):
        assert path.relative_to(ROOT).as_posix() in names
    typed = {"export", "mtnas_preprocessing", "mtnas_tf"}
    assert {f"{package}/py.typed" for package in typed} <= names


@pytest.mark.slow
def test_quickstart_of_the_installed_wheel(wheel, tmp_path):
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    pip = (scripts / "python", "-m", "pip", "install", "--quiet")
    run(*pip, wheel, cwd=tmp_path)
    home = tmp_path / "home"  # nothing of the repository in sight
    home.mkdir()
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    result = subprocess.run(
        [scripts / "mtnas", "quickstart", "--workdir", "run", "--json"],
        cwd=home,
        env=variables,
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    networks = [row["network"] for row in json.loads(result.stdout)["rows"]]
    assert networks == [
        *("searched route", "MMoE", "Shared-Bottom", "single-task")
    ]
    run_directory = home / "run"
    for name in (
        "rows.csv",
        "predictions.csv",
        "comparison.json",
        "search/config.json",
        "search/model.keras",
        "search/route.json",
        "search/route.svg",
        "search/export/model.onnx",
        "search/export/manifest.json",
        "search/export/saved_model/saved_model.pb",
    ):
        assert (run_directory / name).is_file(), name
    lines = (run_directory / "predictions.csv").read_text().splitlines()
    assert lines[0] == "click,purchase,like,share"
    rows = (run_directory / "rows.csv").read_text().splitlines()
    assert len(lines) == len(rows) == 101
