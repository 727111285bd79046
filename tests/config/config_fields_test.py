"""Fields of configs are the arguments of what they configure."""

import dataclasses
import inspect

import pytest

from mtnas_tf import config as config_module
from mtnas_tf.config import BaseConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SupernetConfig
from mtnas_tf.config import Sweep
from mtnas_tf.data import load
from mtnas_tf.models import MTNAS
from mtnas_tf.models import MMoE
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.search import SearchModel


def field_names(cls):
    return {field.name for field in dataclasses.fields(cls)}


def parameters(function):
    return set(inspect.signature(function).parameters)


def test_configs_are_frozen_and_take_no_positional_arguments():
    sections = [
        value for _, value in inspect.getmembers(config_module, inspect.isclass)
    ]
    assert len(sections) == 11
    for section in set(sections) - {Sweep}:  # which has no defaults
        name = dataclasses.fields(section)[0].name
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(section(), name, 1)
        with pytest.raises(TypeError):
            section(1)


def test_fields_are_arguments_of_what_they_configure():
    not_of_mtnas = {"baselines", "match_parameters"}
    not_of_mtnas |= {"mmoe_recipes", "mmoe_loss_weights"}
    assert field_names(ModelConfig) - not_of_mtnas <= parameters(MTNAS)
    base = field_names(BaseConfig) - {"table_stddev", "field_widths"}
    assert base | {"table_initializer"} <= parameters(MMoE)
    compilation = {"balancing", "jit_compile", "loss_weights"}
    assert compilation <= parameters(MMoE.compile)
    fit = {"epochs", "patience", "tuned"}
    of_optimizer = field_names(OptimConfig) - compilation - fit
    assert of_optimizer <= parameters(SparseAdam)
    stages = {"epochs", "patience", "warmup_epochs"}
    options = {"num_routes", "route_learning_rate"}  # of the estimator
    search = field_names(SupernetConfig) - stages - options
    assert search <= parameters(SearchModel.compile)
    assert field_names(DataConfig) | {"seed"} == parameters(load)


def test_sizes_of_the_supernet_can_all_be_configured():
    of_config = field_names(ModelConfig) | field_names(BaseConfig)
    elsewhere = {"schema", "seed", "name", "dtype", "table_initializer"}
    elsewhere |= {"value_scope"}  # of the candidates alone
    assert parameters(MTNAS) - elsewhere <= of_config
