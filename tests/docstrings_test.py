"""Docstrings say what signatures say, and their examples run."""

import ast
import doctest
import importlib
import inspect
import pkgutil
import re

import keras
import numpy as np
import pytest

import mtnas_preprocessing
import mtnas_tf
from mtnas_tf.search.supernet.rewards import REWARDS

PACKAGES = (
    "layers",
    "features",
    "models",
    "plots",
    "population",
    "routes",
    "search",
    "search.supernet.estimators",
    "optimizers",
    "losses",
    "metrics",
)
# A heading of a Google docstring, less the entries of `Args`.
ENTRY = re.compile(r"^    (\*{0,2}\w+):", re.MULTILINE)
DEFAULT = re.compile(r"Defaults\s+to\s+`([^`]*)`")


def public_objects():
    """Public name -> class or function, and the methods that take arguments."""
    found = {}
    for package in PACKAGES:
        module = importlib.import_module(f"mtnas_tf.{package}")
        for name in module.__all__:
            value = getattr(module, name)
            if not callable(value) or value in REWARDS.values():
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
        assert value.__module__.startswith("mtnas_tf"), name


def _is_literal(text, default):
    """Whether a stated default is a value other than the signature's."""
    try:
        return ast.literal_eval(text) != default
    except (SyntaxError, ValueError):
        return False


def module_names():
    for package in (mtnas_preprocessing, mtnas_tf):
        yield package.__name__
        for info in pkgutil.walk_packages(
            package.__path__, f"{package.__name__}."
        ):
            if not info.name.endswith("__main__"):
                yield info.name


@pytest.fixture(scope="module")
def doctest_names():
    return {"np": np, "keras": keras, "mt": mtnas_tf}


@pytest.mark.parametrize("module", list(module_names()))
def test_examples_run(module, doctest_names):
    results = doctest.testmod(
        importlib.import_module(module),
        extraglobs=doctest_names,
        optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE,
    )
    assert results.failed == 0


def test_there_are_examples():
    finder = doctest.DocTestFinder()
    count = sum(
        len(test.examples)
        for module in module_names()
        for test in finder.find(importlib.import_module(module))
    )
    assert count > 10
