"""Every config of the project builds what it describes."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
import toy_images
from toy_data import BINARY_SCHEMA
from toy_data import make_split

from mtnas_tf.config import AllocationConfig
from mtnas_tf.config import load_config
from mtnas_tf.config import load_sweep
from mtnas_tf.config import with_section
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.data import CATALOG
from mtnas_tf.data.catalog import IMAGES
from mtnas_tf.data.catalog import find_schema
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.allocation import training
from mtnas_tf.experiment.comparison.recipes import with_recipe
from mtnas_tf.experiment.quickstart import config as quickstart
from mtnas_tf.experiment.route_search import blind_note
from mtnas_tf.search import SearchModel
from mtnas_tf.search.supernet.estimators import ESTIMATORS

CONFIGS = Path(__file__).parents[1] / "configs"
FILES = sorted(CONFIGS.glob("[a-z]*.py"))
SWEEPS = sorted(CONFIGS.glob("sweeps/[a-z]*.py"))


def configs():
    """Name -> config, of every file and every variant of a sweep."""
    found = {file.stem: load_config(file) for file in FILES}
    found["quickstart"] = quickstart.get_config()
    for file in SWEEPS:
        for label, config in load_sweep(file).configs().items():
            found[f"{file.stem} {label}"] = config
    return found


@pytest.fixture(params=configs().values(), ids=configs())
def config(request):
    config = request.param
    model = dataclasses.replace(config.model, num_subnetworks=2, units=3)
    return dataclasses.replace(config, model=model)


def test_all_are_found():
    assert {"book_crossing", "census_income"} <= {file.stem for file in FILES}


def test_searches_can_learn_from_their_trials(config):
    if CANDIDATES in config.search.compared:
        assert blind_note(config, BINARY_SCHEMA.task_names) is None


def test_data_set_is_in_the_catalog(config):
    assert config.data.name.partition("/")[0] in (*CATALOG, *IMAGES)


@pytest.mark.filterwarnings("ignore:Batch statistics are inherited")
def test_models_are_built(config):
    inputs = make_split(5).inputs
    schema = BINARY_SCHEMA
    of_rows = find_schema(config.data.name)
    if of_rows is not None and of_rows.lists_domains:
        schema = dataclasses.replace(schema, domain="age")
    models = [
        building.build_model(name, config, schema)
        for name in config.model.baselines
    ]
    for recipe in config.model.mmoe_recipes:
        changed = with_recipe(config, recipe)
        models.append(building.build_model("mmoe", changed, BINARY_SCHEMA))
    supernet = building.build_model("mtnas", config, BINARY_SCHEMA)
    route = supernet.space.random_route(np.random.default_rng(0))
    models += [
        supernet,
        building.new_route_model(route, config, BINARY_SCHEMA),
        runner.derive.build_model(supernet, route),
    ]
    for model in models:
        outputs = model(inputs)
        assert {k: v.shape for k, v in outputs.items()} == {
            task: (5, 1) for task in BINARY_SCHEMA.task_names
        }


def test_search_takes_the_settings(config):
    methods = {config.search.method, *config.search.compared} & set(ESTIMATORS)
    for method in methods:
        chosen = with_section(config, "search", method=method)
        model = building.build_model("mtnas", chosen, BINARY_SCHEMA)
        SearchModel(model).compile(
            optimizer=building.new_optimizer(chosen),
            estimator=building.new_estimator(chosen),
            reward=chosen.search.supernet.reward,
        )


def test_allocations_have_networks(config):
    schema = toy_images.SCHEMA
    section = config.allocation
    if config.data.name.partition("/")[0] not in IMAGES:
        assert section == AllocationConfig()
        return
    model = training.new_model("learned", config, schema, seed=0)
    inputs, _ = next(iter(toy_images.make_data().train))
    assert model(inputs).shape == (3, 4)
    shape = (3, len(section.strides), len(section.components))
    assert model.allocated.shape == shape
