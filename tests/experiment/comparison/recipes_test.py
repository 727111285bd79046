import dataclasses
from pathlib import Path

import keras
import pytest
from tiny_experiment import CONFIG
from toy_data import BINARY_SCHEMA

from mtnas_tf.config import load_config
from mtnas_tf.experiment import building
from mtnas_tf.experiment.comparison.recipes import RECIPES
from mtnas_tf.experiment.comparison.recipes import paper_setting
from mtnas_tf.experiment.comparison.recipes import with_recipe
from mtnas_tf.search import SearchModel


@pytest.mark.parametrize("name", RECIPES)
def test_recipe_changes_base_net_and_optimizer_alone(name):
    changed = with_recipe(CONFIG, name)
    assert changed.base != CONFIG.base
    assert changed.optim.learning_rate == CONFIG.optim.learning_rate
    for section in ("data", "model", "search", "seed"):
        assert getattr(changed, section) == getattr(CONFIG, section)


def test_shape_of_the_paper():
    changed = with_recipe(CONFIG, "paper_shape")
    assert changed.base.stem_units == 64
    assert changed.base.normalization is None
    assert changed.optim.semantics == "lazy"
    assert changed.optim.weight_decay == 5e-4
    assert changed.base.gate_normalization is None


def test_setting_of_the_paper():
    config = load_config(Path(__file__).parents[3] / "configs" / "paper.py")
    changed = paper_setting(config)
    assert changed == config  # which names the source of every value
    other = paper_setting(CONFIG)
    assert other.base == config.base
    assert other.search.supernet == config.search.supernet
    assert (other.search.method, other.search.weights) == ("paper", "inherit")
    machine = {"jit_compile": CONFIG.optim.jit_compile}
    assert other.optim == dataclasses.replace(config.optim, **machine)
    assert other.data.name == CONFIG.data.name
    assert other.data.num_buckets == CONFIG.data.num_buckets
    assert other.seed == CONFIG.seed
    assert other.search.candidates == CONFIG.search.candidates


def test_setting_of_the_paper_is_that_of_its_search_model():
    config = paper_setting(CONFIG)
    paper = SearchModel.paper(BINARY_SCHEMA, seed=config.seed)
    supernet = building.build_model(
        "mtnas", config, BINARY_SCHEMA, seed=config.seed
    )
    ours, theirs = supernet.get_config(), paper.supernet.get_config()
    for values in (ours, theirs):
        del values["name"]
    assert ours == theirs
    assert paper.optimizer.get_config() == (
        building.new_optimizer(config).get_config()
    )
    estimator = building.new_estimator(config)
    assert paper.estimator.num_routes == estimator.num_routes == 1
    assert paper.estimator.baseline == "moving_average"
    assert not paper.estimator.normalize
    rate = float(paper.route_optimizer.learning_rate)
    assert rate == pytest.approx(config.search.supernet.route_learning_rate)
    assert isinstance(paper.route_optimizer, keras.optimizers.Adam)
    assert (paper.reward, paper.warmup_steps) == (
        config.search.supernet.reward,
        0,
    )


def test_unknown_recipe():
    with pytest.raises(ValueError, match="`mmoe_recipes` must be.*nothing"):
        with_recipe(CONFIG, "nothing")
