"""The second distribution: what serves, and nothing of what trains."""

import configparser
import importlib.util
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
from tolerances import near
from toy_model import make_schema

import mtnas_tf

ROOT = Path(__file__).parents[2]
ROWS = [{"user": "ann", "age": 34, "x": [0.5, -1.0, 2.0, 0.0]}]
# Of `mtnas_tf` and what it needs.
TRAINING = ["tensorflow", "keras", "pandas", "onnx"]
TRAINING += ["mtnas_tf", "export", "mtnas_preprocessing"]
BLOCK = f"""
import sys

class Block:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {TRAINING!r}:
            raise ImportError(f"{{name}} is not part of serving")

sys.meta_path.insert(0, Block())
"""
# What pip says when it cannot reach the package index.
NO_INDEX = re.compile(
    "connection|temporary failure|timed out|no matching distribution", re.I
)


@pytest.fixture(scope="module")
def setup():
    """`serving/setup.py` as a module."""
    spec = importlib.util.spec_from_file_location(
        "serving_setup", ROOT / "serving" / "setup.py"
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def package(setup, tmp_path_factory):
    folder = tmp_path_factory.mktemp("serving") / "mtnas_serving"
    setup.copy_package(ROOT, folder)
    return folder


def test_every_file_is_copied_under_its_new_name(setup, package):
    expected = {"py.typed": None}
    for target, source in (
        ("", ROOT / "export" / "serving"),
        ("preprocessing", ROOT / "mtnas_preprocessing"),
    ):
        for path in source.rglob("*.py"):
            inside = Path(target) / path.relative_to(source)
            expected[inside.as_posix()] = path
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*")
        if path.is_file()
    }
    assert found == set(expected)
    for name in found - {"py.typed", "__init__.py"}:
        text = (package / name).read_text()
        assert text == setup.renamed(expected[name].read_text())
        # Nothing of the old names is left, in whatever form.
        assert not re.search(r"\bexport\.serving|mtnas_preprocessing", text)


def test_versions_are_the_same(package):
    text = (package / "__init__.py").read_text()
    assert text.endswith(f'\n__version__ = "{mtnas_tf.__version__}"\n')


def test_requirements_are_those_of_training():
    both = []
    for folder in (ROOT, ROOT / "serving"):
        parser = configparser.ConfigParser()
        parser.read(folder / "setup.cfg", encoding="utf-8")
        both.append(parser)
    training, serving = both
    needed = serving["options"]["install_requires"].split()
    assert [re.split(">=", line)[0] for line in needed] == [
        "numpy",
        "onnxruntime",
    ]
    parquet = serving["options.extras_require"]["parquet"].split()
    extras = [x["options.extras_require"]["serve"] for x in both]
    assert extras[0] == extras[1]
    known = training["options"]["install_requires"].split()
    assert {*needed, *parquet} <= set(known)
    for key in ("python_requires", "packages"):
        assert serving["options"][key] == training["options"][key]


def predictions(command, export_dir, folder, **kwargs):
    (folder / "rows.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    arguments = [str(export_dir), "--input", "rows.jsonl"]
    subprocess.run(
        [*command, *arguments, "--output", "out.jsonl"],
        cwd=folder,
        check=True,
        **kwargs,
    )
    return json.loads((folder / "out.jsonl").read_text())


def check(found, model):
    arrays = make_schema().preprocessor(ROWS)
    expected = model(arrays, training=False)
    assert set(found) == {"click", "stars"}
    for task, value in found.items():
        assert value == near(expected[task].numpy()[0, 0])


def test_predicts_without_the_training_code(
    package, model, export_dir, tmp_path
):
    code = f"{BLOCK}\nfrom mtnas_serving.__main__ import main\nmain()"
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    command = [sys.executable, "-c", code]
    found = predictions(command, export_dir, tmp_path, env=environment)
    check(found, model)


def installed(*arguments):
    """Runs a command that needs the package index; skips where it cannot."""
    result = subprocess.run(
        [*map(str, arguments)], capture_output=True, text=True
    )
    output = result.stdout + result.stderr
    if result.returncode and NO_INDEX.search(output):
        pytest.skip(f"the package index cannot be reached: {output[-500:]}")
    assert result.returncode == 0, output


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    left_out = shutil.ignore_patterns(
        ".*", "build", "runs", "*.egg-info", "__pycache__", "mtnas_serving"
    )
    shutil.copytree(ROOT, source, ignore=left_out)
    # By way of a source distribution, which holds nothing to copy from.
    build = (sys.executable, "-m", "build", "--outdir", folder)
    installed(*build, source / "serving")
    (path,) = folder.glob("*.whl")
    return path


@pytest.mark.slow
def test_no_file_belongs_to_both_distributions(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    tops = {name.partition("/")[0] for name in names}
    version = mtnas_tf.__version__
    assert tops == {"mtnas_serving", f"mtnas_serving-{version}.dist-info"}
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    patterns = parser["options.packages.find"]["include"].split()
    assert "mtnas_serving" not in {p.rstrip("*") for p in patterns}


@pytest.mark.slow
def test_predicts_in_an_environment_of_its_own(
    wheel, model, export_dir, tmp_path
):
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    scripts = environment / ("Scripts" if os.name == "nt" else "bin")
    python = scripts / "python"
    installed(python, "-m", "pip", "install", "--quiet", wheel)
    variables = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    for command in (
        [scripts / "mtnas-predict"],
        [python, "-m", "mtnas_serving"],
    ):
        found = predictions(command, export_dir, tmp_path, env=variables)
        check(found, model)
    code = (
        "import importlib.util as u; import numpy, onnxruntime; "
        f"print([n for n in {TRAINING!r} if u.find_spec(n)])"
    )
    result = subprocess.run(
        [python, "-c", code],
        cwd=tmp_path,
        env=variables,
        check=True,
        capture_output=True,
        text=True,
    )
    assert result.stdout.strip() == "[]"
