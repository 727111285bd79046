"""The metrics that are means over the observed rows."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from mtnas_tf.metrics import LogLoss
from mtnas_tf.metrics import MeanAbsoluteError
from mtnas_tf.metrics import MeanSquaredError
from mtnas_tf.metrics import NormalizedEntropy
from mtnas_tf.metrics import RootMeanSquaredError
from mtnas_tf.metrics.masked_mean import MaskedMean

NAN = float("nan")
LABELS = np.array([1, NAN, 0, 1, 0, NAN, 0], np.float32)
PROBS = np.array([0.7, NAN, 0.4, 0.2, 1.0, 0.1, NAN], np.float32)
WEIGHTS = np.array([2.0, 3.0, 0.5, 1.0, 1.5, NAN, 0.0], np.float32)


def means(labels, predictions, weights):
    """Every metric, one row after the other."""
    total = {"count": 0.0, "square": 0.0, "abs": 0.0, "log": 0.0, "ones": 0.0}
    rows = zip(labels, predictions, weights, strict=True)
    for y, p, w in rows:
        if np.isnan(y) or w == 0:
            continue
        y, p, w = float(y), float(p), float(w)
        clipped = min(max(p, 1e-7), 1 - 1e-7)
        total["count"] += w
        total["square"] += w * (p - y) ** 2
        total["abs"] += w * abs(p - y)
        total["log"] -= w * np.log(clipped if y == 1 else 1 - clipped)
        total["ones"] += w * y
    mean = {name: value / total["count"] for name, value in total.items()}
    p = mean["ones"]
    entropy = -p * np.log(p) - (1 - p) * np.log(1 - p)
    return {
        MeanSquaredError: mean["square"],
        RootMeanSquaredError: np.sqrt(mean["square"]),
        MeanAbsoluteError: mean["abs"],
        LogLoss: mean["log"],
        NormalizedEntropy: mean["log"] / entropy,
    }


METRICS = {
    "mse": MeanSquaredError,
    "rmse": RootMeanSquaredError,
    "mae": MeanAbsoluteError,
    "log_loss": LogLoss,
    "normalized_entropy": NormalizedEntropy,
}
MODES = {
    "eager": lambda update: update,
    "graph": tf.function,
    "xla": tf.function(jit_compile=True),
}


@pytest.fixture(params=list(METRICS))
def metric_class(request):
    return METRICS[request.param]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("is_weighted", [False, True])
def test_equals_the_reference_over_batches(metric_class, is_weighted, mode):
    observed = slice(0, 7 if is_weighted else 6)  # the last has no prediction
    labels, probs = LABELS[observed], PROBS[observed]
    weights = WEIGHTS[observed] if is_weighted else np.ones(6)
    metric = metric_class()
    update = MODES[mode](metric.update_state)
    for rows in (slice(0, 3), slice(3, 7)):
        batch = [labels[rows, None], probs[rows, None]]
        if is_weighted:
            batch.append(weights[rows, None])
        update(*batch)
    expected = means(labels, probs, weights)[metric_class]
    assert float(metric.result()) == pytest.approx(expected, rel=1e-12)
    metric.reset_state()
    assert np.isnan(metric.result())


def test_a_task_without_labels_is_undefined(metric_class):
    metric = metric_class()
    metric.update_state(np.full((3, 1), NAN, "f"), np.full((3, 1), 0.5, "f"))
    assert np.isnan(metric.result())
    metric.update_state(LABELS[:1], PROBS[:1], [0.0])
    assert np.isnan(metric.result())


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_the_entropy_of_one_class_is_undefined(label):
    assert np.isnan(NormalizedEntropy()([label] * 2, [0.3, 0.4]))


def test_the_base_rate_itself_has_normalized_entropy_one():
    labels = np.zeros(1000)
    labels[:3] = 1
    metric = NormalizedEntropy()
    metric.update_state(labels, np.full(1000, 0.003))
    assert float(metric.result()) == pytest.approx(1.0, abs=1e-12)


def test_millions_of_rows_lose_no_digits():
    metric = MeanAbsoluteError()
    metric.total.assign(1e8)
    metric.weight.assign(1e8)
    for _ in range(10):
        metric.update_state([0.0], [0.0])
    assert float(metric.result()) == pytest.approx(1e8 / (1e8 + 10), rel=1e-15)


def test_a_plain_keras_model_computes_it_by_weight():
    inputs = keras.Input((1,))
    outputs = {
        name: keras.layers.Identity(name=name)(inputs) for name in ("a", "b")
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        loss={"a": "mse", "b": "mse"},
        metrics={"a": [MeanAbsoluteError()]},
        weighted_metrics={"b": [LogLoss(), RootMeanSquaredError()]},
    )
    rows = slice(0, 5)
    labels = np.nan_to_num(LABELS[rows, None])
    labels[1] = NAN
    results = model.evaluate(
        np.nan_to_num(PROBS[rows, None]),
        {"a": labels, "b": labels},
        sample_weight={"a": WEIGHTS[rows], "b": WEIGHTS[rows]},
        batch_size=2,
        return_dict=True,
        verbose=0,
    )
    plain = means(LABELS[rows], PROBS[rows], np.ones(5))
    weighted = means(LABELS[rows], PROBS[rows], WEIGHTS[rows])
    assert results["a_mae"] == pytest.approx(plain[MeanAbsoluteError])
    assert results["b_log_loss"] == pytest.approx(weighted[LogLoss])
    assert results["b_rmse"] == pytest.approx(weighted[RootMeanSquaredError])


def test_serialisation_round_trip(metric_class):
    config = keras.metrics.serialize(metric_class(name="error"))
    copy = keras.metrics.deserialize(config)
    assert type(copy) is metric_class
    assert copy.name == "error"


@pytest.mark.parametrize("name", METRICS)
def test_default_names(name):
    assert METRICS[name]().name == name


@pytest.mark.parametrize("wrong", ["y_true", "y_pred", "sample_weight"])
def test_another_shape_is_named(wrong):
    shapes = {"y_true": (4,), "y_pred": (4, 1), "sample_weight": (4,)}
    arguments = {
        name: np.ones((2, 2) if name == wrong else shape)
        for name, shape in shapes.items()
    }
    with pytest.raises(ValueError, match=rf"`{wrong}` must have.*\(2, 2\)"):
        MeanSquaredError().update_state(**arguments)


def test_the_values_are_the_subclass_s_duty():
    with pytest.raises(NotImplementedError):
        MaskedMean().update_state([1.0], [1.0])
