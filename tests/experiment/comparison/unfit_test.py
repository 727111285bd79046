"""Methods that do not fit the data."""

import dataclasses

import pytest
from tiny_experiment import CONFIG
from toy_data import BINARY_SCHEMA
from toy_data import BUY
from toy_data import CLICK

from mtnas_tf.experiment import building
from mtnas_tf.experiment.comparison.unfit import why_unfit

CHAIN = dataclasses.replace(
    BINARY_SCHEMA, tasks=(CLICK, dataclasses.replace(BUY, requires="click"))
)


@pytest.mark.parametrize("name", ["esmm", "aitm"])
def test_a_chain_is_needed(name):
    assert "no task requires another" in why_unfit(name, CONFIG, BINARY_SCHEMA)
    assert why_unfit(name, CONFIG, CHAIN) is None


def test_other_methods_need_none():
    assert why_unfit("mmoe", CONFIG, BINARY_SCHEMA) is None


def test_the_error_of_a_model_is_the_reason(monkeypatch):
    def refuse(*_):
        raise ValueError("`schema` must\n  have a domain.")

    monkeypatch.setattr(building, "build_model", refuse)
    found = why_unfit("mmoe", CONFIG, BINARY_SCHEMA)
    assert found == "`schema` must have a domain."
