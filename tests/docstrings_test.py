"""Docstrings say what signatures say, and their examples run."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf

import export
import mtnas_preprocessing
import mtnas_tf
from mtnas_tf.search.supernet.rewards import REWARDS

PACKAGES = (
    "mtnas_tf.balancing",
    "mtnas_tf.data",
    "mtnas_tf.derive",
    "mtnas_tf.features",
    "mtnas_tf.jobs",
    "mtnas_tf.layers",
    "mtnas_tf.losses",
    "mtnas_tf.metrics",
    "mtnas_tf.models",
    "mtnas_tf.optimizers",
    "mtnas_tf.plots",
    "mtnas_tf.population",
    "mtnas_tf.routes",
    "mtnas_tf.search",
    "mtnas_tf.search.candidates",
    "mtnas_tf.search.candidates.strategies",
    "mtnas_tf.search.supernet",
    "mtnas_tf.search.supernet.estimators",
    "export",
    "export.serving",
    "mtnas_preprocessing",
    "mtnas_preprocessing.tables",
)
# A heading of a Google docstring, less the entries of `Args`.
ENTRY = re.compile(r"^    (\*{0,2}\w+):", re.MULTILINE)
DEFAULT = re.compile(r"Defaults\s+to\s+`([^`]*)`")


def public_objects():
    """Public name -> class or function, and the methods that take arguments."""
    found = {}
    for package in PACKAGES:
        module = importlib.import_module(package)
        for name in module.__all__:
            value = getattr(module, name)
            is_object = inspect.isclass(value) or inspect.isfunction(value)
            if not is_object or value in REWARDS.values():
                continue  # rewards share a signature, told in their module
            found[f"{package}.{name}"] = value
            for method, function in vars(value).items():
                doc = getattr(function, "__doc__", None) or ""
                if not method.startswith("_") and "Args:\n" in doc:
                    is_of_class = isinstance(function, classmethod)
                    bound = getattr(value, method) if is_of_class else function
                    found[f"{package}.{name}.{method}"] = bound
    return found


OBJECTS = public_objects()
# Less their methods.
NAMES = [name for name in OBJECTS if name.rpartition(".")[0] in PACKAGES]


def documented_arguments(value):
    """Argument -> its text in the section `Args`."""
    doc = inspect.cleandoc(value.__doc__)
    section = re.search(r"^Args:\n(.*?)(?=^\S|\Z)", doc, re.DOTALL | re.M)
    if section is None:
        return {}
    names = ENTRY.split(section[1])[1:]
    return dict(zip(names[::2], names[1::2], strict=True))


def parameters(value):
    """Argument -> its default, as the signature has them."""
    found = {}
    for name, parameter in inspect.signature(value).parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            name = f"**{name}"
        found[name] = parameter.default
    found.pop("self", None)
    return found


@pytest.mark.parametrize("name", OBJECTS)
def test_every_argument_is_documented(name):
    value = OBJECTS[name]
    assert set(documented_arguments(value)) == set(parameters(value))


@pytest.mark.parametrize("name", OBJECTS)
def test_documented_defaults_are_the_signatures(name):
    value = OBJECTS[name]
    signature = parameters(value)
    for argument, text in documented_arguments(value).items():
        default = signature[argument]
        stated = DEFAULT.search(text)
        if default is inspect.Parameter.empty or default is None:
            # What None stands for is told in words, or not at all.
            assert stated is None or not _is_literal(stated[1], default)
            continue
        assert stated, f"{argument}: the default {default!r} is not stated"
        assert ast.literal_eval(stated[1]) == default, argument


def test_a_class_says_what_it_is():
    for name, value in OBJECTS.items():
        assert value.__doc__.strip(), name
        home = value.__module__.partition(".")[0]
        assert home in ("mtnas_tf", "mtnas_preprocessing", "export"), name


@pytest.mark.parametrize("name", NAMES)
def test_every_class_and_function_has_an_example(name):
    examples = doctest.DocTestParser().get_examples(OBJECTS[name].__doc__)
    assert examples, "it has no Example"


def _is_literal(text, default):
    """Whether a stated default is a value other than the signature's."""
    try:
        return ast.literal_eval(text) != default
    except (SyntaxError, ValueError):
        return False


def module_names():
    for package in (export, mtnas_preprocessing, mtnas_tf):
        yield package.__name__
        for info in pkgutil.walk_packages(
            package.__path__, f"{package.__name__}."
        ):
            if not info.name.endswith("__main__"):
                yield info.name


@pytest.fixture(scope="session")
def workplace(tmp_path_factory):
    """A folder where examples find one data set and write their files."""
    folder = tmp_path_factory.mktemp("examples")
    mtnas_tf.data.prepare("synthetic_mtl", data_dir=folder / "tfds")
    return folder


@pytest.mark.parametrize("module", list(module_names()))
def test_examples_run(module, workplace, monkeypatch):
    if module.startswith("export.serving.server."):
        pytest.importorskip("kserve")
    monkeypatch.chdir(workplace)
    results = doctest.testmod(
        importlib.import_module(module),
        extraglobs={
            "export_model": export.export_model,
            "keras": keras,
            "mt": mtnas_tf,
            "np": np,
            "pd": pd,
            "tf": tf,
        },
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert results.failed == 0
