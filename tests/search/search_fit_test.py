"""Every kind of search is fitted, and gives the network it was trained to."""

import itertools

import checks
import keras
import numpy as np
import pytest
import toy_data
from exhaustive import all_but

from mtnas_tf.data import DatasetSchema
from mtnas_tf.derive import build_model
from mtnas_tf.derive import derive_route
from mtnas_tf.models import MTNAS
from mtnas_tf.routes.route_space import QUERY_SCOPES
from mtnas_tf.routes.route_space import VALUE_SCOPES
from mtnas_tf.search import SearchModel
from mtnas_tf.search.supernet.estimators import ESTIMATORS

SCHEMAS = {
    "binary": toy_data.BINARY_SCHEMA,
    "regression": toy_data.SCHEMA,
    "multiclass": toy_data.CLASS_SCHEMA,
    "all kinds": DatasetSchema(
        name="toy",
        fields=toy_data.SCHEMA.fields,
        tasks=(toy_data.CLICKED_LINK, toy_data.STARS, toy_data.BUY),
        num_buckets=toy_data.NUM_BUCKETS,
    ),
}
MODES = {
    "eager": {"run_eagerly": True, "jit_compile": False},
    "graph": {"jit_compile": False},
    "xla": {"jit_compile": True},
}
# Every estimator, scope, aggregation and kind of task.
CASES = [
    ("reinforce", "prev", "all_prev", "mean", "regression", "graph"),
    ("paper", "all_prev", "prev", "mean", "multiclass", "eager"),
    ("mixture", "all_prev", "all_prev", "gate", "regression", "graph"),
    ("two_path", "prev", "root", "gate", "multiclass", "eager"),
    ("gumbel", "prev", "prev", "gate", "binary", "eager"),
    ("uniform", "all_prev", "root", "mean", "binary", "eager"),
]
ALL_CASES = list(
    itertools.product(
        ESTIMATORS,
        VALUE_SCOPES,
        QUERY_SCOPES,
        ("gate", "mean"),
        ["all kinds"],
        ("graph", "xla"),
    )
)


def check_fit(estimator, values, queries, aggregation, kind, mode):
    keras.utils.set_random_seed(0)
    schema = SCHEMAS[kind]
    supernet = MTNAS(
        schema,
        num_layers=2,
        num_subnetworks=2,
        units=3,
        embedding_dim=2,
        value_scope=values,
        query_scope=queries,
        aggregation=aggregation,
    )
    search = SearchModel(supernet)
    search.compile(estimator=estimator, **MODES[mode])
    before = [weight.numpy() for weight in search.trainable_weights]
    data = toy_data.make_data(schema)
    history = search.fit(
        data.search, epochs=1, steps_per_epoch=2, verbose=0
    ).history
    assert np.isfinite(history["loss"] + history["reward"]).all()
    assert int(search.optimizer.iterations) == 2
    moved = [
        not np.array_equal(weight, old)
        for weight, old in zip(search.trainable_weights, before, strict=True)
    ]
    assert sum(moved) > len(moved) / 2
    assert supernet.policy.logits.numpy().any() == (estimator != "uniform")
    # What it predicts, compiled, is what the derived network says.
    inputs = data.splits["valid"].inputs
    derived = build_model(search, derive_route(search))
    checks.assert_close(
        search.predict(inputs, verbose=0),
        checks.to_numpy(derived(inputs)),
        1e-5,
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_search_is_fitted(case):
    check_fit(*case)


# Keras warns of a softmax of one: there is no choice, it is 1.
@pytest.mark.filterwarnings("ignore:.*softmax over axis -1:UserWarning")
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_space_without_choice_is_fitted(estimator):
    supernet = MTNAS(
        toy_data.SCHEMA,
        num_layers=1,
        num_subnetworks=1,
        units=3,
        dedup_singletons=True,
    )
    search = SearchModel(supernet)
    search.compile(estimator=estimator, run_eagerly=True, jit_compile=False)
    history = search.fit(
        toy_data.make_data(toy_data.SCHEMA).search,
        steps_per_epoch=2,
        verbose=0,
    ).history
    assert np.isfinite(history["loss"] + history["reward"]).all()
    assert search.route == supernet.space.full_route()


@pytest.mark.slow
# An eleventh of the product; every value of every argument is among them, each
# estimator as a graph and by XLA. CI runs a third of these.
@pytest.mark.parametrize(
    "case", all_but(ALL_CASES[::33], ALL_CASES[::11]), ids=str
)
def test_every_search_is_fitted(case):
    check_fit(*case)
