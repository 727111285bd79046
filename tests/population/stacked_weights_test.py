"""Weights of several models in common variables."""

import functools

import numpy as np
import pytest
import tiny_models
import toy_data

from mtnas_tf.population.stacked_weights import StackedWeights

MODELS = 3


@functools.cache
def make(seed):
    """A model with two tables, drawn state and hidden layers."""
    return tiny_models.make_model(
        "single_task",
        toy_data.SCHEMA,
        seed=seed,
        dropout_rate=0.5,
        table_initializer="random_normal",
    )


def arrays(model):
    return [np.asarray(variable) for variable in model.variables]


@pytest.fixture
def stacked():
    stacked = StackedWeights(make(0), MODELS)
    stacked.write_models(make(seed) for seed in range(MODELS))
    return stacked


def test_every_variable_is_in_one_part(stacked):
    model = make(0)
    parts = [stacked.tables, stacked.dense, stacked.state]
    found = [own for part in parts for own, _ in part]
    assert len(stacked.tables) == len(model.tables) == 2
    assert len(found) == len(stacked.variables) == len(model.variables)
    assert {id(v) for v in found} == {id(v) for v in model.variables}
    for own, of_all in stacked.tables:
        assert of_all.shape == (own.shape[0], MODELS * own.shape[1])
    for own, of_all in stacked.dense + stacked.state:
        assert of_all.shape == (MODELS, *own.shape)
        assert (of_all.dtype, of_all.trainable) == (own.dtype, own.trainable)


def test_a_share_is_that_of_a_model(stacked):
    for values, *each in zip(
        stacked.read(), *(arrays(make(s)) for s in range(MODELS)), strict=True
    ):
        np.testing.assert_array_equal(values, np.stack(each))
    model = tiny_models.make_model(
        "single_task", toy_data.SCHEMA, seed=9, dropout_rate=0.5
    )
    stacked.copy_to(model, 1)
    for ours, its in zip(arrays(model), arrays(make(1)), strict=True):
        np.testing.assert_array_equal(ours, its)


def test_what_is_read_can_be_written(stacked):
    weights = stacked.read()
    stacked.write([values[::-1] for values in weights])
    for ours, its in zip(stacked.read(), weights, strict=True):
        np.testing.assert_array_equal(ours, its[::-1])


def test_other_models_are_refused(stacked):
    other = tiny_models.make_model("shared_bottom", toy_data.SCHEMA)
    with pytest.raises(ValueError, match="`build` must return models of one"):
        stacked.copy_to(other, 0)
