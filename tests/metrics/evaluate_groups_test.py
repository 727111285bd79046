import keras
import numpy as np
import pandas as pd
import pytest
import toy_data
from tolerances import near

import mtnas_tf as mt
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
        hidden_units=(5,),
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
    assert results == {"click": expected | {"gauc": near(expected["gauc"])}}
    assert expected["num_groups"] > 1


def test_a_list_before_the_field_does_not_move_it():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "seen": [[1, 2]] * 400,
            "user": rng.integers(0, 40, 400),
            "x": rng.random(400),  # no two rows of a user are tied
            "click": rng.integers(0, 2, 400),
        }
    )
    schema = mt.data.infer_schema(frame, ["click"], floats="standardize")
    data = mt.data.from_dataframe(frame, schema=schema, batch_size=16)
    model = MMoE(
        data.schema, hidden_units=(5,), table_initializer="random_normal"
    )
    model.compile(jit_compile=False)
    split = data.splits["train"]
    results = evaluate_groups(model, split, "user")["click"]
    scores = model.predict(split.inputs, verbose=0)["click"][:, 0]
    labels = split.labels["click"][:, 0]
    users = split.inputs["ids"][:, 2]
    aucs, sizes = [], []
    for user in np.unique(users):
        won = [
            (high > low) + (high == low) / 2
            for high in scores[(users == user) & (labels == 1)]
            for low in scores[(users == user) & (labels == 0)]
        ]
        if won:
            aucs.append(np.mean(won))
            sizes.append((users == user).sum())
    assert results["num_groups"] == len(aucs)
    num_users = len(np.unique(users))
    assert results["num_groups"] + results["num_left_out"] == num_users > 30
    np.testing.assert_allclose(
        results["gauc"], np.average(aucs, weights=sizes), rtol=1e-12
    )
    with pytest.raises(ValueError, match=r"`field` must.*field='seen'"):
        evaluate_groups(model, split, "seen")


def test_a_field_that_is_not_hashed_is_named(model):
    with pytest.raises(ValueError, match=r"`field` must.*'item'.*field='x'"):
        evaluate_groups(model, SPLIT, "x")
