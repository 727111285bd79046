import numpy as np
import toy_data
from checks import sigmoid

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
        np.testing.assert_allclose(rewards[:2, route], expected, rtol=1e-5)


def test_negative_loss():
    rewards, is_defined = negative_loss(TASKS, LABELS, LOGITS)
    np.testing.assert_array_equal(is_defined, [True, True, True])
    for route in range(ROUTES):
        expected = [
            -cross_entropy("click", route),
            -squared_error(route),
            -cross_entropy("buy", route),
        ]
        np.testing.assert_allclose(rewards[:, route], expected, rtol=1e-5)


def test_a_task_without_labels_is_undefined():
    labels = {name: np.full(BATCH, np.nan, "f") for name in LABELS}
    for reward in (auc_sum, negative_loss):
        rewards, is_defined = reward(TASKS, labels, LOGITS)
        assert not np.any(is_defined)
        assert np.isfinite(rewards).all()
