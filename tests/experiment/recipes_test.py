import pytest
from tiny_experiment import CONFIG

from mtnas_tf.experiment.recipes import RECIPES
from mtnas_tf.experiment.recipes import with_recipe


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


def test_unknown_recipe():
    with pytest.raises(ValueError, match="`mmoe_recipes` must be.*nothing"):
        with_recipe(CONFIG, "nothing")
