"""Imports run one way: every part imports itself and parts to its left."""

import ast
import graphlib
import pathlib
import sys

import pytest

ROOT = pathlib.Path(__file__).parents[1]
BESIDE = (
    "mtnas_preprocessing",
    "mtnas_tf.arguments",
    "mtnas_tf.file_digests",
    "mtnas_tf.jobs",
    "mtnas_tf.progress",
    "mtnas_tf.staged_directory",
    "mtnas_tf.stages",
    "mtnas_tf.layer_name",
    "mtnas_tf.types",
)
LEAVES = (
    "mtnas_tf.balancing",
    "mtnas_tf.optimizers",
    "mtnas_tf.metrics",
    "mtnas_tf.losses",
)
TASKS = "mtnas_tf.tasks"
ROUTES = ("mtnas_tf.routes", "mtnas_preprocessing", "mtnas_tf.arguments")
LINE = (
    "mtnas_tf.features",
    "mtnas_tf.layers",
    "mtnas_tf.presets",
    "mtnas_tf.models",
    "mtnas_tf.population",
    "mtnas_tf.search.candidates",
    "mtnas_tf.search.supernet",
    "mtnas_tf.search",
    "mtnas_tf.derive",
    "export",
)
DATA = ("mtnas_tf.data", "mtnas_tf.routes", TASKS, *BESIDE)
# Part of the project -> the other parts it may import.
ALLOWED = {
    "mtnas_preprocessing": (),
    "tfds_builders": (),
    # It names its sub-packages, which load on first use.
    "mtnas_tf": (
        "mtnas_tf.experiment",
        "mtnas_tf.jobs",
        "mtnas_tf.plots",
        *LINE[:-1],
        *LEAVES,
        "mtnas_tf.data",
        "mtnas_tf.routes",
    ),
    "mtnas_tf.arguments": (),
    "mtnas_tf.file_digests": (),
    "mtnas_tf.staged_directory": (),
    "mtnas_tf.progress": ("mtnas_tf.arguments",),
    "mtnas_tf.jobs": ("mtnas_tf.arguments", "mtnas_tf.progress"),
    "mtnas_tf.stages": ("mtnas_tf.progress",),
    "mtnas_tf.layer_name": (),
    "mtnas_tf.types": (),
    TASKS: ("mtnas_preprocessing",),
    "mtnas_tf.data": ("tfds_builders", TASKS, *BESIDE),
    "mtnas_tf.routes": ROUTES[1:],
    "mtnas_tf.plots": (*ROUTES, "mtnas_tf.metrics", "mtnas_tf.types"),
    **{leaf: DATA for leaf in LEAVES},
    **{
        part: (*LINE[:index], *LEAVES, *DATA) for index, part in enumerate(LINE)
    },
    # A preset names the package's version.
    "mtnas_tf.presets": ("mtnas_tf", *DATA),
    # What a config may name: models, strategies, estimators.
    "mtnas_tf.config": (*LINE[:-2], *LEAVES, *DATA),
    # A manifest names the package's version.
    "export": ("mtnas_tf", *LINE[:-1], *LEAVES, *DATA),
    "export.serving": ("mtnas_preprocessing",),
    "export.serving.server": ("export.serving", "mtnas_preprocessing"),
    # So does a comparison.
    "mtnas_tf.experiment": (
        "mtnas_tf",
        "mtnas_tf.experiment.verbs.predict",
        "mtnas_tf.experiment.verbs.serve",
        "mtnas_tf.config",
        "mtnas_tf.plots",
        *LINE,
        *LEAVES,
        *DATA,
    ),
    "mtnas_tf.experiment.verbs.predict": (
        "export.serving",
        "mtnas_preprocessing",
        "mtnas_tf.stages",
    ),
    "mtnas_tf.experiment.verbs.serve": ("export.serving.server",),
    "mtnas_tf.cli": (
        "export.serving.server",  # its arguments, which need no kserve
        "mtnas_tf.arguments",
        "mtnas_preprocessing",
        "mtnas_tf.config",
        "mtnas_tf.experiment",
        "mtnas_tf.jobs",
    ),
    "mtnas_tf.__main__": ("mtnas_tf.cli",),
    "configs": ("mtnas_tf.config",),
}
# Part -> the only third parties it may import; others may import any.
THIRD_PARTIES = {
    "mtnas_preprocessing": {"numpy", "pyarrow"},  # pyarrow for Parquet
    "mtnas_tf.routes": {"numpy"},
    TASKS: {"numpy"},
    "mtnas_tf.config": set(),
    "mtnas_tf.file_digests": set(),
    "mtnas_tf.staged_directory": set(),
    "mtnas_tf.progress": {"tqdm"},
    "mtnas_tf.jobs": {"distributed", "ray"},
    "mtnas_tf.stages": set(),
    "configs": set(),
    "export.serving": {"numpy", "onnxruntime", "pyarrow"},
    "export.serving.server": {
        *("kserve", "numpy", "orjson", "grpc", "starlette", "uvicorn"),
        "prometheus_client",
    },
}
FOLDERS = ("mtnas_preprocessing", "tfds_builders", "mtnas_tf", "export")
MEASURING = ("benchmarks", "studies")
MAX_FILE = 300  # lines
MAX_BODY = 40  # lines of a function, without its signature and docstring
# What is still longer. Entries leave this list, none comes: an entry that is
# short enough fails the test as well.
LONG_FILES: set[str] = set()
LONG_BODIES: set[str] = set()


def files(*folders):
    for folder in folders or (*FOLDERS, "configs"):
        yield from sorted((ROOT / folder).rglob("*.py"))


def module_name(path):
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def imported_names(path, source, top_level=False):
    """Dotted names that a file imports, wherever in it."""
    # What a relative import starts from: a package, or a module's package.
    package = path.with_suffix("").parts[:-1]
    tree = ast.parse(source)
    for node in tree.body if top_level else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            # Level 1 is the package itself, 0 an absolute import.
            depth = len(package) + 1 - node.level if node.level else 0
            base = package[:depth]
            module = [*base, *([node.module] if node.module else [])]
            yield from (".".join([*module, a.name]) for a in node.names)


def part_of(name):
    """The innermost part that a dotted name lies in, or None."""
    inside = [p for p in ALLOWED if f"{name}.".startswith(f"{p}.")]
    return max(inside, key=len, default=None)


def violations(path, source):
    """Imports of a file that its part does not allow."""
    part = part_of(module_name(path))
    assert part is not None, f"{path} belongs to no part"
    wrong = []
    for name in imported_names(path, source):
        target = part_of(name)
        top = name.partition(".")[0]
        if target is not None:
            is_allowed = target in (part, *ALLOWED[part])
        elif part in THIRD_PARTIES:
            is_allowed = top in sys.stdlib_module_names | THIRD_PARTIES[part]
        else:
            is_allowed = True
        if not is_allowed:
            wrong.append(f"{path} imports {name}")
    return wrong


def test_no_import_points_right():
    wrong = []
    for path in files():
        wrong += violations(path.relative_to(ROOT), path.read_text())
    assert not wrong


def circle(sources):
    """Modules that import one another, or None.

    Args:
        sources: path -> text. What a function imports does not count.
    """
    modules = {module_name(path): path for path in sources}
    graph = {}
    for module, path in modules.items():
        names = imported_names(path, sources[path], top_level=True)
        graph[module] = {
            found
            for found in (innermost(name, modules) for name in names)
            if found is not None and found != module
        }
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return error.args[1]
    return None


def innermost(name, modules):
    """The module that an imported name is, or lies in."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


def test_no_modules_import_one_another():
    sources = {
        path.relative_to(ROOT): path.read_text()
        for path in files(*FOLDERS, *MEASURING, "configs")
    }
    assert circle(sources) is None


def test_a_circle_is_seen():
    a, b, package = (
        pathlib.Path("p", name) for name in ("a.py", "b.py", "__init__.py")
    )
    sources = {a: "from p import b", b: "import os", package: ""}
    assert circle(sources) is None
    assert circle({**sources, b: "def f():\n  import p.a"}) is None
    assert set(circle({**sources, b: "import p.a"})) == {"p.a", "p.b"}
    assert circle({**sources, b: "from . import x", package: "import p.b"})


def bodies(path, source):
    """Every function of a file by name, and the lines of its body."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first, *others = node.body
            if ast.get_docstring(node) is not None:
                first = others[0] if others else None
            lines = node.end_lineno - first.lineno + 1 if first else 0
            yield f"{path}:{node.name}", lines


def test_files_and_functions_are_short():
    long_files, long_bodies = set(), set()
    for path in files(*FOLDERS, *MEASURING):
        name, source = str(path.relative_to(ROOT)), path.read_text()
        if len(source.splitlines()) > MAX_FILE:
            long_files.add(name)
        long_bodies |= {f for f, n in bodies(name, source) if n > MAX_BODY}
    assert long_files == LONG_FILES
    assert long_bodies == LONG_BODIES


def test_files_of_tests_have_names_of_their_own():
    """Else pytest takes one file for another."""
    paths = (ROOT / "tests").rglob("*.py")
    names = [path.name for path in paths if path.name != "conftest.py"]
    assert len(names) == len(set(names))


def test_signatures_and_docstrings_do_not_count():
    source = 'def f(\n    a,\n):\n    """A.\n\n    B.\n    """\n    a\n    a\n'
    assert dict(bodies("x", source)) == {"x:f": 2}


def test_every_part_is_there():
    parts = {part_of(module_name(path.relative_to(ROOT))) for path in files()}
    assert {*LINE, *LEAVES, *DATA, "tfds_builders"} <= parts


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("mtnas_tf/layers/gate.py", "from mtnas_tf.models import MTNAS"),
        ("mtnas_tf/layers/gate.py", "def f():\n  import mtnas_tf.search.x"),
        ("mtnas_tf/layers/gate.py", "from mtnas_tf import models"),
        ("mtnas_tf/layers/gate.py", "import mtnas_tf as mt"),
        ("mtnas_tf/layers/gate.py", "from ..models import route"),
        ("mtnas_tf/layers/__init__.py", "from ..models import route"),
        ("mtnas_tf/metrics/exact_auc.py", "import mtnas_tf.layers"),
        ("mtnas_tf/data/split.py", "from mtnas_tf.features import x"),
        ("mtnas_tf/config/x.py", "import numpy"),
        ("mtnas_tf/config/x.py", "import mtnas_tf.derive"),
        ("mtnas_tf/search/x.py", "import mtnas_tf.config"),
        ("mtnas_tf/routes/route.py", "import keras"),
        ("mtnas_tf/tasks.py", "import keras"),
        ("mtnas_tf/tasks.py", "from mtnas_tf.losses import x"),
        ("mtnas_tf/plots/x.py", "import mtnas_tf.models"),
        ("mtnas_tf/experiment/x.py", "from mtnas_tf import cli"),
        ("mtnas_tf/experiment/x.py", "from export.serving import x"),
        ("tfds_builders/toy/parsing.py", "import mtnas_preprocessing"),
        ("mtnas_preprocessing/x.py", "import pandas"),
        ("export/serving/predictor.py", "import keras"),
        ("export/serving/predictor.py", "from ..spec import ExportSpec"),
        ("export/serving/predictor.py", "from .server.options import x"),
        ("export/serving/predictor.py", "import kserve"),
        ("export/serving/server/rest.py", "import tensorflow"),
        ("export/spec.py", "from .serving import Predictor"),
    ],
)
def test_a_wrong_import_is_seen(path, source):
    assert violations(pathlib.Path(path), source)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("mtnas_tf/search/x.py", "from mtnas_tf.routes.route import Route"),
        ("mtnas_tf/data/x.py", "import tfds_builders, numpy, os.path"),
        ("export/serving/__init__.py", "from .predictor import Predictor"),
        ("export/serving/predictor.py", "import numpy.typing, json"),
    ],
)
def test_a_right_import_passes(path, source):
    assert not violations(pathlib.Path(path), source)
