import keras
import numpy as np
import pytest
import toy_data

from mtnas_tf.metrics import GroupedAUC
from mtnas_tf.metrics import evaluate_groups
from mtnas_tf.models import MMoE

SPLIT = toy_data.make_split(60)


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = MMoE(
        toy_data.SCHEMA,
        num_experts=3,
        units=5,
        table_initializer="random_normal",
    )
    model.compile(jit_compile=False)
    return model


@pytest.mark.parametrize("weighting", ["rows", "equal"])
def test_groups_are_the_ids_of_the_field(model, weighting):
    # The hashed fields are user, item and age: x is a vector.
    results = evaluate_groups(model, SPLIT, "item", weighting)
    gauc = GroupedAUC(weighting)
    gauc.update_state(
        SPLIT.labels["click"],
        np.asarray(model(SPLIT.inputs)["click"]),
        groups=SPLIT.inputs["ids"][:, 1],
    )
    expected = gauc.result()
    assert results == {
        "click": expected | {"gauc": pytest.approx(expected["gauc"], abs=1e-6)}
    }
    assert expected["num_groups"] > 1


def test_a_field_that_is_not_hashed_is_named(model):
    with pytest.raises(ValueError, match=r"`field` must.*'item'.*field='x'"):
        evaluate_groups(model, SPLIT, "x")
