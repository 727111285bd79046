import numpy as np
import pytest
import toy_data
from checks import sigmoid
from checks import softmax
from tolerances import assert_near

from mtnas_tf.metrics import exact_auc
from mtnas_tf.search import auc_sum
from mtnas_tf.search import negative_loss

ROUTES, BATCH = 3, 8
TASKS = (toy_data.CLICK, toy_data.STARS, toy_data.BUY)
RNG = np.random.default_rng(0)
LOGITS = {t.name: RNG.normal(size=(ROUTES, BATCH)).astype("f") for t in TASKS}
LABELS = {
    "click": np.array([0, 1, 1, np.nan, 0, 1, 0, 0], "f"),
    "stars": RNG.normal(size=BATCH).astype("f"),
    "buy": np.array([1, 1, np.nan, 1, 1, 1, 1, 1], "f"),  # one class
}
LABELS["stars"][2] = np.nan
WEIGHTS = {name: RNG.uniform(0.5, 2, BATCH).astype("f") for name in LABELS}


def squared_error(route):
    errors = LOGITS["stars"][route] - LABELS["stars"]
    return np.nanmean(errors**2)


def cross_entropy(task, route):
    p, y = sigmoid(LOGITS[task][route]), LABELS[task]
    return np.nanmean(-y * np.log(p) - (1 - y) * np.log(1 - p))


def test_auc_sum():
    rewards, is_defined = auc_sum(TASKS, LABELS, LOGITS)
    np.testing.assert_array_equal(is_defined, [True, True, False])
    assert rewards.shape == (3, ROUTES)
    seen = ~np.isnan(LABELS["click"])
    for route in range(ROUTES):
        auc = exact_auc(LABELS["click"][seen], LOGITS["click"][route, seen])
        expected = [auc, -squared_error(route)]
        assert_near(rewards[:2, route], expected)


def test_negative_loss():
    rewards, is_defined = negative_loss(TASKS, LABELS, LOGITS)
    np.testing.assert_array_equal(is_defined, [True, True, True])
    for route in range(ROUTES):
        expected = [
            -cross_entropy("click", route),
            -squared_error(route),
            -cross_entropy("buy", route),
        ]
        assert_near(rewards[:, route], expected)


COLOR = toy_data.TaskSpec(name="color", kind="multiclass", num_classes=5)
COLORS = np.array([0, 4, np.nan, 2, 2, 1, 3, 0], "f")
COLOR_LOGITS = RNG.normal(size=(ROUTES, BATCH, 5)).astype("f")
# Some classes are hit, more by later routes.
COLOR_LOGITS[0, 0, 0] = COLOR_LOGITS[1, 1:4, 2] = COLOR_LOGITS[2, 2:6, 2] = 9


def color_reward(reward, logits, *weights):
    """The reward of `COLOR` between two other tasks: `(routes,)`."""
    rewards, is_defined = reward(
        (TASKS[0], COLOR, TASKS[1]),
        LABELS | {"color": COLORS},
        LOGITS | {"color": logits},
        *[WEIGHTS | {"color": w} for w in weights],
    )
    assert np.all(is_defined)
    return rewards[1].numpy()


@pytest.mark.parametrize("weights", [None, np.arange(8, dtype="f")])
def test_classes(weights):
    arguments = () if weights is None else (weights,)
    accuracies = color_reward(auc_sum, COLOR_LOGITS, *arguments)
    losses = color_reward(negative_loss, COLOR_LOGITS, *arguments)
    for route in range(ROUTES):
        hits, log_probs, seen = [], [], []
        for row, label in enumerate(COLORS):
            if not np.isnan(label):
                probs = softmax(COLOR_LOGITS[route, row])
                hits.append(probs.argmax() == label)
                log_probs.append(np.log(probs[int(label)]))
                seen.append(1 if weights is None else weights[row])
        expected = np.average(hits, weights=seen)
        assert_near(accuracies[route], expected)
        expected = np.average(log_probs, weights=seen)
        assert_near(losses[route], expected)
    assert len(set(accuracies.tolist())) > 1


def test_nan_logits_of_classes_are_no_hits():
    logits = COLOR_LOGITS.copy()
    logits[1, 3, 0] = np.nan
    logits[2, 2] = np.nan  # no label
    for reward in (auc_sum, negative_loss):
        plain = color_reward(reward, COLOR_LOGITS)
        rewards = color_reward(reward, logits)
        assert np.isnan(rewards).tolist() == [False, True, False]
        np.testing.assert_array_equal(rewards[[0, 2]], plain[[0, 2]])


def test_classes_without_labels_are_undefined():
    for reward in (auc_sum, negative_loss):
        rewards, is_defined = reward(
            (COLOR,),
            {"color": np.full(BATCH, np.nan, "f")},
            {"color": COLOR_LOGITS},
        )
        assert not np.any(is_defined)
        assert np.isfinite(rewards).all()


def test_a_task_without_labels_is_undefined():
    labels = {name: np.full(BATCH, np.nan, "f") for name in LABELS}
    for reward in (auc_sum, negative_loss):
        rewards, is_defined = reward(TASKS, labels, LOGITS)
        assert not np.any(is_defined)
        assert np.isfinite(rewards).all()


def weighted(values, task):
    seen = ~np.isnan(LABELS[task])
    return np.average(values[seen], weights=WEIGHTS[task][seen])


def test_rows_are_weighed():
    auc_rewards, _ = auc_sum(TASKS, LABELS, LOGITS, WEIGHTS)
    loss_rewards, is_defined = negative_loss(TASKS, LABELS, LOGITS, WEIGHTS)
    assert np.all(is_defined)
    for route in range(ROUTES):
        logits = LOGITS["click"][route]
        auc = exact_auc(LABELS["click"], logits, WEIGHTS["click"])
        square = (LOGITS["stars"][route] - LABELS["stars"]) ** 2
        p, y = sigmoid(logits), LABELS["click"]
        cross = -y * np.log(p) - (1 - y) * np.log(1 - p)
        expected = [auc, -weighted(square, "stars")]
        assert_near(auc_rewards[:2, route], expected)
        assert_near(
            loss_rewards[:2, route],
            [-weighted(cross, "click"), -weighted(square, "stars")],
        )


def test_a_task_left_out_weighs_one_a_row():
    for reward in (auc_sum, negative_loss):
        plain, _ = reward(TASKS, LABELS, LOGITS)
        some, _ = reward(
            TASKS, LABELS, LOGITS, {"stars": WEIGHTS["stars"], "buy": None}
        )
        every, _ = reward(TASKS, LABELS, LOGITS, WEIGHTS)
        assert_near(some[[0, 2]], plain[[0, 2]])
        np.testing.assert_array_equal(some[1], every[1])
        assert not np.allclose(every[:2], plain[:2])


def test_a_task_without_weight_is_undefined():
    weights = WEIGHTS | {"stars": np.zeros(BATCH, "f")}
    logits = LOGITS | {"stars": np.full((ROUTES, BATCH), np.nan, "f")}
    for reward in (auc_sum, negative_loss):
        rewards, is_defined = reward(TASKS, LABELS, logits, weights)
        assert not is_defined[1]
        assert is_defined[0]
        assert np.isfinite(rewards).all()
