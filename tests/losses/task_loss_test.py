import keras
import numpy as np
import pytest
from tolerances import assert_near

from mtnas_tf.data import TaskSpec
from mtnas_tf.losses import MaskedBinaryCrossentropy
from mtnas_tf.losses import MaskedCategoricalCrossentropy
from mtnas_tf.losses import MaskedMeanSquaredError
from mtnas_tf.losses import loss_for

TASKS = (
    TaskSpec(name="click"),
    TaskSpec(name="like"),
    TaskSpec(name="rating", kind="regression"),
)


def two_batches():
    """Eight rows in batches of four; no like is observed in the first."""
    rng = np.random.default_rng(0)
    labels = {
        "click": rng.integers(0, 2, 8).astype(np.float32),
        "like": np.array([np.nan] * 4 + [1, 0, np.nan, 1], np.float32),
        "rating": rng.normal(size=8).astype(np.float32),
    }
    labels["click"][[1, 6]] = np.nan
    weights = {
        name: rng.uniform(0.5, 2.0, 8).astype(np.float32) for name in labels
    }
    return rng.normal(size=(8, 5)).astype(np.float32), labels, weights


def build_model(learning_rate, jit_compile):
    keras.utils.set_random_seed(0)
    inputs = keras.Input((5,))
    outputs = {
        task.name: keras.layers.Dense(
            1,
            activation="sigmoid" if task.kind == "binary" else None,
            name=task.name,
        )(inputs)
        for task in TASKS
    }
    model = keras.Model(inputs, outputs)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate),
        loss={task.name: loss_for(task) for task in TASKS},
        jit_compile=jit_compile,
    )
    return model


def reference_loss(task, labels, predictions, weights):
    total, total_weight = 0.0, 0.0
    for y, p, w in zip(labels, predictions[:, 0], weights, strict=True):
        if np.isnan(y):
            continue
        if task.kind == "binary":
            total += w * -(np.log(p) if y == 1 else np.log(1 - p))
        else:
            total += w * (y - p) ** 2
        total_weight += w
    return total / total_weight if total_weight else 0.0


def test_every_kind_of_task_has_its_loss():
    assert isinstance(loss_for(TASKS[0]), MaskedBinaryCrossentropy)
    assert isinstance(loss_for(TASKS[2]), MaskedMeanSquaredError)
    color = TaskSpec(name="color", kind="multiclass", num_classes=3)
    assert isinstance(loss_for(color), MaskedCategoricalCrossentropy)


JIT_COMPILE = [False, pytest.param(True, marks=pytest.mark.slow)]


@pytest.mark.parametrize("jit_compile", JIT_COMPILE)
def test_a_compiled_model_reports_the_sum_of_the_masked_losses(jit_compile):
    features, labels, weights = two_batches()
    model = build_model(0.1, jit_compile)
    predictions = model.predict(features, verbose=0)
    for rows in (slice(0, 4), slice(4, 8)):
        loss = model.test_on_batch(
            features[rows],
            {name: values[rows] for name, values in labels.items()},
            {name: values[rows] for name, values in weights.items()},
            return_dict=True,
        )["loss"]
        expected = sum(
            reference_loss(
                task,
                labels[task.name][rows],
                predictions[task.name][rows],
                weights[task.name][rows],
            )
            for task in TASKS
        )
        assert_near(loss, expected)
        model.reset_metrics()


@pytest.mark.parametrize("jit_compile", JIT_COMPILE)
def test_training_leaves_a_task_without_labels_as_it_was(jit_compile):
    features, labels, _ = two_batches()
    model = build_model(0.5, jit_compile)
    before = {
        name: model.get_layer(name).get_weights() for name in model.output_names
    }
    model.train_on_batch(
        features[:4], {name: values[:4] for name, values in labels.items()}
    )
    for name in model.output_names:
        kernel = model.get_layer(name).get_weights()[0]
        assert np.isfinite(kernel).all()
        assert np.array_equal(kernel, before[name][0]) == (name == "like")
