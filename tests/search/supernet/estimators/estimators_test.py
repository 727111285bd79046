"""What every estimator must be able to do."""

import inspect
import json

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
import toy_search
from table_batch import TableBatch
from table_batch import make_table

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet import estimators
from mtnas_tf.search.supernet.estimators import ESTIMATORS
from mtnas_tf.search.supernet.estimators import Estimator

TRAIN = toy_data.make_split(8, toy_data.BINARY_SCHEMA, seed=1)
REWARD = toy_data.make_split(9, toy_data.BINARY_SCHEMA, seed=2)
PAIR = tuple((split.inputs, split.labels) for split in (TRAIN, REWARD))
# Fast enough to get to the end of a test.
FAST = {
    "reinforce": {},
    "paper": {"learning_rate": 0.05},
    "mixture": {"learning_rate": 0.05},
    "two_path": {"learning_rate": 0.1},
    "gumbel": {"learning_rate": 0.05, "annealing_steps": 300},
    "progressive": {
        "learning_rate": 0.05,
        "annealing_steps": 300,
        "freezing_start": 400,
        "freezing_steps": 100,
    },
    "uniform": {},
}


@pytest.fixture(scope="module", params=ESTIMATORS)
def named(request):
    """The name of an estimator, and a search by it."""
    return request.param, make_search(request.param)


def make_search(name, **kwargs):
    estimator = estimators.get(name, **FAST[name])
    return toy_search.make_search(estimator=estimator, **kwargs)


def weight_state(search):
    policy = {id(v) for v in search.supernet.policy.variables}
    weights = [w for w in search.supernet.weights if id(w) not in policy]
    return [w.numpy() for w in [*weights, *search.optimizer.variables]]


def route_state(search):
    state = [search.supernet.policy.logits, *search.estimator.weights]
    return [w.numpy() for w in [*state, *search.route_optimizer.variables]]


def assert_unchanged(before, after):
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def moves(before, after):
    pairs = zip(before, after, strict=True)
    return any(not np.array_equal(*pair, equal_nan=True) for pair in pairs)


def test_all_classes_have_a_name():
    classes = {
        value
        for value in vars(estimators).values()
        if inspect.isclass(value) and issubclass(value, Estimator)
    }
    named = {type(make()) for make in ESTIMATORS.values()}
    assert named == classes - {Estimator}


@pytest.mark.parametrize("name", ESTIMATORS)
def test_config_round_trip(name):
    estimator = estimators.get(name)
    config = estimator.get_config()
    json.dumps(config)
    assert type(estimator).from_config(config).get_config() == config
    parameters = inspect.signature(type(estimator)).parameters
    assert set(parameters) - {"kwargs"} <= set(config)


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_estimator_is_its_own_name(name):
    estimator = estimators.get(name)
    assert estimators.get(estimator) is estimator


@pytest.mark.parametrize("name", ESTIMATORS)
def test_policy_converges_to_the_best_route_of_a_table(name):
    table = make_table()
    policy = RoutePolicy([9, 9])
    estimator = estimators.get(name, **FAST[name])
    estimator.build(1)
    optimizer = estimator.default_optimizer()
    optimizer.build([policy.logits])
    batch = TableBatch(table)

    @tf.function
    def step():
        estimator.step(policy, estimator.draw(policy), batch, optimizer)

    for _ in range(600):
        step()
    if name == "uniform":
        assert not policy.logits.numpy().any()
        return
    probs = policy.probs().numpy()
    best = np.unravel_index(table.argmax(), table.shape)
    np.testing.assert_array_equal(probs.argmax(axis=1), best)
    assert probs.max(axis=1).min() > 0.9


def test_a_route_step_leaves_the_weights_alone(named):
    name, search = named
    before, routes = weight_state(search), route_state(search)
    root = search.reward_root(REWARD.inputs)
    for _ in range(2):
        draw = search.estimator.draw(search.supernet.policy)
        search.route_step(draw, root, REWARD.labels)
    assert_unchanged(before, weight_state(search))
    assert moves(routes, route_state(search)) == (name != "uniform")
    assert np.isfinite(search.supernet.policy.logits).all()
    assert np.isfinite(search.reward_tracker.result())


def test_a_weight_step_leaves_the_routes_alone(named):
    _, search = named
    before, weights = route_state(search), weight_state(search)
    draw = search.estimator.draw(search.supernet.policy)
    outputs = search.weight_step(draw, TRAIN.inputs, TRAIN.labels)
    assert outputs["click"].shape == (8, 1)
    assert_unchanged(before, route_state(search))
    assert moves(weights, weight_state(search))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_a_saved_search_goes_on_as_if_never_stopped(name, tmp_path):
    search = make_search(name, warmup_steps=1)
    for _ in range(2):
        search.train_step(PAIR)
    search.save(tmp_path / "search.keras")
    resumed = keras.saving.load_model(tmp_path / "search.keras")
    assert resumed.get_compile_config() == search.get_compile_config()
    for model in (search, resumed):
        model.train_step(PAIR)
    checks.assert_same_weights(resumed.supernet, search.supernet)
    checks.assert_same_weights(resumed.estimator, search.estimator)
    for optimizer in ("optimizer", "route_optimizer"):
        checks.assert_same_weights(
            getattr(resumed, optimizer), getattr(search, optimizer)
        )
    logits = search.supernet.policy.logits.numpy()
    assert logits.any() == (name != "uniform")


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True], ids=["graph", "xla"])
@pytest.mark.parametrize(
    "name", ["mixture", "two_path", "gumbel", "progressive", "uniform"]
)
def test_a_route_step_is_compiled(name, jit_compile):
    search = make_search(name)
    policy = search.supernet.policy

    @tf.function(jit_compile=jit_compile)
    def step(inputs, labels):
        draw = search.estimator.draw(policy)
        root = search.reward_root(inputs)
        search.route_step(draw, root, labels)
        return search.estimator.training_logits(search.supernet, root, draw)

    for _ in range(2):
        logits = step(REWARD.inputs, REWARD.labels)
        assert {k: z.shape for k, z in logits.items()} == {
            "click": (1, 9),
            "buy": (1, 9),
        }
    assert np.isfinite(policy.logits).all()
    assert policy.logits.numpy().any() == (name != "uniform")


@pytest.mark.parametrize("name", ESTIMATORS)
def test_classes_are_searched(name):
    schema = toy_data.CLASS_SCHEMA
    search = make_search(name, schema=schema)
    weights, routes = weight_state(search), route_state(search)
    splits = [toy_data.make_split(rows, schema, seed=rows) for rows in (8, 9)]
    search.train_step([(split.inputs, split.labels) for split in splits])
    assert moves(weights, weight_state(search))
    assert moves(routes, route_state(search)) == (name != "uniform")
    assert np.isfinite(search.supernet.policy.logits).all()
    assert np.isfinite(search.reward_tracker.result())


@pytest.mark.slow
@pytest.mark.parametrize(
    "schema", [toy_data.BINARY_SCHEMA, toy_data.CLASS_SCHEMA]
)
def test_a_mixture_is_fit_under_xla(schema):
    search = make_search(
        "mixture", schema=schema, run_eagerly=False, jit_compile=True
    )
    weights = weight_state(search)
    data = toy_data.make_data(schema)
    history = search.fit(data.search, epochs=1, verbose=0).history
    assert np.isfinite(list(history.values())).all()
    assert {"reward", "entropy", "loss"} <= history.keys()
    assert search.supernet.policy.logits.numpy().any()
    assert moves(weights, weight_state(search))


def test_unknown_name():
    with pytest.raises(ValueError, match="`estimator` must.*estimator='darts'"):
        estimators.get("darts")


def test_unknown_argument():
    with pytest.raises(ValueError, match="'uniform' takes.*'num_routes'"):
        estimators.get("uniform", num_routes=3)
