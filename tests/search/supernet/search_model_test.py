import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data
from tolerances import assert_near
from tolerances import near
from toy_search import STEPS
from toy_search import make_data
from toy_search import make_search

from mtnas_tf.metrics import exact_auc
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.search import SearchModel
from mtnas_tf.search import auc_sum
from mtnas_tf.search.supernet.estimators import Reinforce

TRAIN = toy_data.make_split(8, toy_data.BINARY_SCHEMA, seed=1)
REWARD = toy_data.make_split(9, toy_data.BINARY_SCHEMA, seed=2)


@keras.saving.register_keras_serializable(package="tests")
def constant_reward(tasks, labels, logits):
    num_routes = next(iter(logits.values())).shape[0]
    return tf.ones((len(tasks), num_routes)), tf.fill((len(tasks),), True)


def snapshot(*sources):
    variables = [v for source in sources for v in source]
    return [(v.path, v.numpy()) for v in variables]


def weight_state(search):
    """All that a route step must not touch."""
    supernet = search.supernet
    policy = {v.path for v in supernet.policy.variables}
    weights = [w for w in supernet.weights if w.path not in policy]
    assert any("moving_mean" in w.path for w in weights)
    return snapshot(weights, search.optimizer.variables)


def route_state(search):
    """All that a weight step must not touch."""
    return snapshot(
        [search.supernet.policy.logits, search.estimator.baseline_rewards],
        search.route_optimizer.variables,
    )


def changed(before, after):
    return [
        path
        for (path, old), (_, new) in zip(before, after, strict=True)
        if not np.array_equal(old, new, equal_nan=True)
    ]


# Compilation takes longer than the steps.
MODES = [
    pytest.param(lambda step: step, id="eager"),
    pytest.param(tf.function, id="graph", marks=pytest.mark.slow),
    pytest.param(
        tf.function(jit_compile=True), id="xla", marks=pytest.mark.slow
    ),
]


@pytest.mark.parametrize("mode", MODES)
def test_a_route_step_leaves_the_weights_alone(mode):
    search = make_search()
    search.estimator.baseline_rewards.assign([0.2, 0.9])
    weights, routes = weight_state(search), route_state(search)
    choices = search.supernet.policy.sample(1)
    step = mode(search.route_step)
    step(choices, root_of(search), REWARD.labels)
    assert changed(weights, weight_state(search)) == []
    moved = changed(routes, route_state(search))
    assert "policy/logits" in moved
    assert any("baseline_rewards" in path for path in moved)


@pytest.mark.parametrize("mode", MODES)
def test_a_weight_step_leaves_the_routes_alone(mode):
    search = make_search()
    weights, routes = weight_state(search), route_state(search)
    # Both sub-networks by the root, and both by the first of them.
    choices = np.array([[6, 7]], "int32")
    gates = search.supernet.body.block_banks[0].weights
    before = [gate.numpy() for gate in gates]
    step = mode(search.weight_step)
    outputs = step(choices, TRAIN.inputs, TRAIN.labels)
    assert outputs["click"].shape == (8, 1)
    assert changed(routes, route_state(search)) == []
    moved = set(changed(weights, weight_state(search)))
    trainable = {w.path for w in search.trainable_weights}
    moments = {p for p, _ in weights if "moving_" in p}
    assert trainable | moments <= moved
    for gate, old in zip(gates, before, strict=True):
        touched = np.any(gate.numpy() != old, axis=(1, 2))
        assert touched.sum() == 1  # of each kind, the one route's own


def test_variables_are_split_between_the_optimizers():
    search = make_search()
    logits = search.supernet.policy.logits
    assert all(w is not logits for w in search.trainable_weights)
    assert search.supernet.policy.trainable_weights == []
    num_state = len(search.supernet.weights) + 1
    assert len(search.weights) == num_state


@pytest.mark.parametrize(
    "how",
    [
        pytest.param(
            {"run_eagerly": False, "steps_per_execution": 2}, id="graph"
        ),
        pytest.param(
            {"run_eagerly": False, "jit_compile": True},
            id="xla",
            marks=pytest.mark.slow,
        ),
        pytest.param({"dtype": "mixed_bfloat16"}, id="bfloat16"),
        pytest.param({"dtype": "mixed_float16"}, id="float16"),
    ],
)
def test_fit(how):
    search = make_search(estimator=Reinforce(num_routes=3), **how)
    data = make_data()
    weights = snapshot(search.trainable_weights)
    history = search.fit(data.search, epochs=1, verbose=0).history
    assert {"loss", "reward", "skipped_tasks", "entropy"} <= history.keys()
    assert np.isfinite(list(history.values())).all()
    assert int(search.optimizer.iterations) == data.steps_per_epoch == STEPS
    assert int(search.route_optimizer.iterations) == STEPS
    assert search.supernet.policy.logits.numpy().any()
    assert len(changed(weights, snapshot(search.trainable_weights))) > 5
    assert {w.dtype for w in search.trainable_weights} == {"float32"}


def test_validation_is_exact():
    search = make_search()
    data = make_data()
    history = search.fit(
        data.search, validation_data=data.valid, epochs=1, verbose=0
    ).history
    results = search.evaluate(data.valid, return_dict=True)
    assert "click_auc" in results
    assert {k: history[f"val_{k}"][0] for k in results} == results


def root_of(search):
    return search.reward_root(REWARD.inputs)


@pytest.mark.slow
@pytest.mark.parametrize("warmup_steps", [0, 2])
def test_a_step_copies_no_table(warmup_steps):
    search = make_search(
        run_eagerly=False, jit_compile=True, warmup_steps=warmup_steps
    )
    pair = tuple((split.inputs, split.labels) for split in (TRAIN, REWARD))
    assert checks.table_copies(search, pair) == []


def one_hot(choices):
    return np.eye(9)[choices]


def test_the_score_of_classes_is_what_evaluate_says():
    search = make_search(schema=toy_data.CLASS_SCHEMA)
    split = toy_data.make_split(9, toy_data.CLASS_SCHEMA, seed=2)
    weights = {"click": np.arange(9.0)[:, None]}
    results = search.evaluate(
        split.inputs, split.labels, sample_weight=weights, return_dict=True
    )
    rewards, is_defined = search.score(
        search.supernet.body.best_choices(),
        search.reward_root(split.inputs),
        split.labels,
        weights,
    )
    assert np.all(is_defined)
    assert_near(
        rewards[:, 0],
        [results["click_accuracy"], -results["stars_mse"]],
    )


@pytest.mark.parametrize("baseline", ["moving_average", "leave_one_out"])
def test_a_route_step_is_reinforce(baseline):
    estimator = Reinforce(3, baseline, baseline_decay=0.8, normalize=False)
    search = make_search(
        estimator=estimator, route_optimizer=keras.optimizers.SGD(1.0)
    )
    logits = np.random.default_rng(0).normal(size=(2, 9)).astype("f")
    search.supernet.policy.logits.assign(logits)
    if baseline == "moving_average":
        estimator.baseline_rewards.assign([0.3, 0.6])
    choices = np.array([[0, 4], [8, 8], [6, 1]], "int32")
    # Read the rewards off the model's own outputs.
    scores = search.supernet.route_logits(
        REWARD.inputs, choices, use_batch_statistics=True
    )
    flat = {name: label[:, 0] for name, label in REWARD.labels.items()}
    rewards, _ = auc_sum(search.schema.tasks, flat, scores)
    rewards = rewards.numpy()

    search.route_step(choices, root_of(search), REWARD.labels)
    total = rewards.sum(axis=0)
    if baseline == "moving_average":
        advantages = total - (0.3 + 0.6)
    else:
        advantages = [total[i] - np.delete(total, i).mean() for i in range(3)]
    probs = np.array([checks.softmax(row) for row in logits])
    expected = logits.copy()
    for advantage, route in zip(advantages, choices, strict=True):
        expected += advantage * (one_hot(route) - probs) / 3
    assert_near(search.supernet.policy.logits, expected)
    if baseline == "moving_average":
        updated = 0.8 * np.array([0.3, 0.6]) + 0.2 * rewards.mean(axis=1)
        assert_near(estimator.baseline_rewards, updated)
    assert float(search.reward_tracker.result()) == near(total.mean())


def test_the_first_reward_is_its_own_baseline():
    search = make_search()
    assert np.isnan(search.estimator.baseline_rewards).all()
    choices = np.array([[3, 5]])
    search.route_step(choices, root_of(search), REWARD.labels)
    assert not search.supernet.policy.logits.numpy().any()
    rewards, _ = search.score(choices, root_of(search), REWARD.labels)
    np.testing.assert_array_equal(
        search.estimator.baseline_rewards, rewards[:, 0]
    )


def test_a_task_of_one_class_is_skipped_and_counted():
    search = make_search()
    search.estimator.baseline_rewards.assign([0.3, 0.6])
    one_class = REWARD.labels | {"buy": np.ones((9, 1), "f")}
    choices = np.array([[3, 5]])
    search.route_step(choices, root_of(search), one_class)
    rewards, _ = search.score(choices, root_of(search), one_class)
    assert_near(
        search.estimator.baseline_rewards,
        [0.95 * 0.3 + 0.05 * float(rewards[0, 0]), 0.6],
    )
    assert float(search.skipped_tracker.result()) == 1
    assert float(search.reward_tracker.result()) == near(float(rewards[0, 0]))


def weights_like(labels, seed=0):
    rng = np.random.default_rng(seed)
    return {
        name: rng.uniform(0.1, 2, label.shape).astype("f")
        for name, label in labels.items()
    }


def test_rewards_are_of_weighed_rows():
    search = make_search()
    choices = np.array([[3, 5], [8, 0]])
    weights = weights_like(REWARD.labels)
    rewards, _ = search.score(choices, root_of(search), REWARD.labels, weights)
    logits = search.supernet.route_logits(
        REWARD.inputs, choices, use_batch_statistics=True
    )
    for index, task in enumerate(("click", "buy")):
        expected = [
            exact_auc(REWARD.labels[task], route, weights[task])
            for route in logits[task].numpy()
        ]
        assert_near(rewards[index], expected)
    some, _ = search.score(
        choices, root_of(search), REWARD.labels, {"buy": weights["buy"]}
    )
    plain, _ = search.score(choices, root_of(search), REWARD.labels)
    np.testing.assert_array_equal(some[0], plain[0])
    np.testing.assert_array_equal(some[1], rewards[1])
    with pytest.raises(ValueError, match="`sample_weight` must be keyed by"):
        search.score(choices, root_of(search), REWARD.labels, {"bought": 1.0})


@pytest.mark.parametrize("estimator", ["paper", "mixture"])
@pytest.mark.parametrize(
    "jit_compile", [False, pytest.param(True, marks=pytest.mark.slow)]
)
def test_fit_masks_and_weighs_both_batches(estimator, jit_compile):
    # Of the training batch no click is observed, of the other no purchase.
    unlabeled = np.full((9, 1), np.nan, "f")
    train_labels = TRAIN.labels | {"click": unlabeled[:8]}
    reward_labels = REWARD.labels | {"buy": unlabeled}
    train_weights = weights_like(TRAIN.labels, 1)
    reward_weights = weights_like(REWARD.labels, 2)
    search = make_search(
        estimator=estimator,
        optimizer=keras.optimizers.SGD(0.0),
        run_eagerly=False,
        jit_compile=jit_compile,
    )
    route = np.array([[3, 5]])
    if estimator == "paper":
        search.supernet.policy.pin(route[0])
    logits = search.supernet.policy.logits.numpy()
    root = root_of(search)
    expected, _ = search.score(route, root, reward_labels, reward_weights)
    batch = (
        (TRAIN.inputs, train_labels, train_weights),
        (REWARD.inputs, reward_labels, reward_weights),
    )
    history = search.fit(tf.data.Dataset.from_tensors(batch), verbose=0).history
    assert history["skipped_tasks"] == [1]
    assert np.isfinite(np.ravel(list(history.values()))).all()
    for weight in search.weights:
        if "baseline" not in weight.path:
            assert np.isfinite(weight.numpy()).all(), weight.path
    if estimator == "paper":
        assert history["reward"][0] == near(float(expected[0, 0]))
        assert np.isnan(search.estimator.baseline_rewards[1])
        probs = search.supernet.route_logits(TRAIN.inputs, route, training=True)
        p = checks.sigmoid(probs["buy"].numpy()[0])
        y, w = TRAIN.labels["buy"][:, 0], train_weights["buy"][:, 0]
        losses = -y * np.log(p) - (1 - y) * np.log(1 - p)
        assert history["loss"][0] == near(np.average(losses, weights=w))
    else:
        # The block in front of the task without labels has no gradient.
        moved = search.supernet.policy.logits.numpy() != logits
        assert moved.any(axis=1).tolist() == [True, False]


def test_warm_up_trains_weights_alone():
    search = make_search(warmup_steps=STEPS)
    data = make_data()
    search.fit(data.search, epochs=1, verbose=0)
    assert int(search.optimizer.iterations) == STEPS
    assert int(search.route_optimizer.iterations) == 0
    assert not search.supernet.policy.logits.numpy().any()
    assert np.isnan(search.estimator.baseline_rewards).all()
    search.fit(data.search, epochs=1, verbose=0)
    assert int(search.route_optimizer.iterations) == STEPS
    assert search.supernet.policy.logits.numpy().any()


def test_a_constant_reward_of_the_user_moves_nothing(tmp_path):
    search = make_search(reward=constant_reward)
    search.fit(make_data().search, epochs=1, verbose=0)
    assert not search.supernet.policy.logits.numpy().any()
    np.testing.assert_array_equal(search.estimator.baseline_rewards, [1, 1])
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert loaded.reward is constant_reward


def test_called_it_is_the_supernet_by_its_own_batch_statistics():
    search = make_search()
    supernet = search.supernet
    logits = np.zeros((2, 9))
    logits[0, 4] = logits[1, 8] = 3.0
    supernet.policy.logits.assign(logits)
    expected = supernet.route_logits(
        TRAIN.inputs, np.array([[4, 8]]), use_batch_statistics=True
    )
    outputs = checks.to_numpy(search(TRAIN.inputs))
    expected = {
        name: checks.sigmoid(z.numpy()).T for name, z in expected.items()
    }
    checks.assert_close(outputs, expected)
    assert search.route == supernet.space.route([4, 8])


def test_the_estimator_brings_its_optimizer():
    search = make_search(estimator="mixture")
    assert isinstance(search.route_optimizer, SparseAdam)
    assert float(search.route_optimizer.learning_rate) == np.float32(3e-4)
    search = make_search(
        estimator="mixture", route_optimizer=keras.optimizers.SGD(0.5)
    )
    assert isinstance(search.route_optimizer, keras.optimizers.SGD)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"reward": "auc"}, "`reward` must be one of.*reward='auc'"),
        (
            {"estimator": "darts"},
            "`estimator` must be one of.*estimator='darts'",
        ),
        (
            {"warmup_steps": -1},
            "`warmup_steps` must be an int of at least 0.*=-1",
        ),
    ],
)
def test_wrong_compile_argument_is_named(kwargs, message):
    search = SearchModel(make_search().supernet)
    with pytest.raises(ValueError, match=message):
        search.compile(**kwargs)
