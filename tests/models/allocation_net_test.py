import json

import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import assert_same_weights
from exhaustive import all_but
from tolerances import assert_near

from mtnas_tf.models import AllocationNet
from mtnas_tf.models.new_allocation import SHARINGS

CLASSES = {"latin": 3, "greek": 2, "runic": 4}
SIZE = 6
COMPONENTS = (("conv3x3", "conv3x3"), ("conv1x3",), ("maxpool3x3",))
SHAPE = (len(CLASSES), 2, len(COMPONENTS))


def make(seed=1, **kwargs):
    keras.utils.set_random_seed(seed)
    arguments = {
        "components": COMPONENTS,
        "strides": (2, 1),
        "num_filters": 4,
        "num_groups": 2,
        "initial_probability": 0.6,
        "initial_temperature": 1.0,
        **kwargs,
    }
    return AllocationNet(CLASSES, (SIZE, SIZE, 1), **arguments)


def batch(task, seed=0, rows=5):
    """Images of one task; a class is where the ink is."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(list(CLASSES.values())[task], size=rows)
    images = rng.uniform(0, 0.3, (rows, SIZE, SIZE, 1))
    images[np.arange(rows), labels] += 1
    inputs = {"images": images.astype("float32"), "task": np.int32(task)}
    return inputs, labels.astype("int32")


def rounds(count, start=0):
    """Batches of every task in turn, in a new order each round."""

    def batches():
        for index in range(start, start + count):
            order = np.random.default_rng(index).permutation(len(CLASSES))
            for task in order:
                yield batch(int(task), seed=index)

    signature = (
        {
            "images": tf.TensorSpec((None, SIZE, SIZE, 1), tf.float32),
            "task": tf.TensorSpec((), tf.int32),
        },
        tf.TensorSpec((None,), tf.int32),
    )
    dataset = tf.data.Dataset.from_generator(
        batches, output_signature=signature
    )
    size = count * len(CLASSES)
    return dataset.apply(tf.data.experimental.assert_cardinality(size))


def values(variables):
    return [v.numpy() for v in variables]


@pytest.mark.parametrize("sharing", SHARINGS)
def test_a_step_leaves_other_tasks_alone(sharing):
    allocated = np.ones(SHAPE, int) if sharing == "given" else None
    model = make(sharing=sharing, allocated=allocated, budget=0.5)
    model.compile(run_eagerly=True)
    task, others = 1, [0, 2]
    model.train_on_batch(*batch(0))  # momenta that would go on moving
    before = values(model.trainable_variables)
    model.train_on_batch(*batch(task))
    by_row, moved = 0, 0
    for variable, old in zip(model.trainable_variables, before, strict=True):
        new = variable.numpy()
        if getattr(variable, "is_by_row", False):
            by_row += 1
            np.testing.assert_array_equal(new[others], old[others])
            new, old = new[task], old[task]
        moved += (new != old).any()
    # All but what belongs to components of share 0.
    assert moved > len(before) / 2
    # Logits, and kernel and bias of the heads.
    if sharing != "separate":
        assert by_row == (3 if sharing == "learned" else 2)
    else:
        assert by_row == len(model.trainable_variables)


def test_probabilities_are_those_of_the_classes_of_the_task():
    model = make()
    for task, num_classes in enumerate(CLASSES.values()):
        inputs, _ = batch(task)
        probabilities = model(inputs).numpy()
        assert probabilities.shape == (5, 4)
        assert (probabilities[:, :num_classes] > 0).all()
        assert not probabilities[:, num_classes:].any()
        assert_near(probabilities.sum(axis=1), np.ones(5))


def test_with_all_components_on_it_is_mean_sharing():
    learned, mean = make(initial_probability=0.9), make(sharing="mean", seed=2)
    for part in ("stack", "heads"):
        getattr(mean, part).set_weights(getattr(learned, part).get_weights())
    for task in range(len(CLASSES)):
        inputs, _ = batch(task)
        assert_near(learned(inputs), mean(inputs))


@pytest.mark.slow
def test_fit_evaluate_and_predict():
    model = make(dropout_rate=0.0, l2=0.0)
    model.compile(keras.optimizers.Adam(0.01), run_eagerly=True)
    history = model.fit(
        rounds(3).repeat(),
        steps_per_epoch=9,
        validation_data=rounds(2),
        epochs=2,
        verbose=0,
    )
    assert history.history["loss"][-1] < history.history["loss"][0]
    assert set(history.history) >= {"loss", "accuracy", "val_accuracy"}
    results = model.evaluate(rounds(2), return_dict=True, verbose=0)
    accuracies = []
    for task in range(len(CLASSES)):
        parts = [batch(task, seed=index) for index in range(2)]
        correct = [
            (model(inputs).numpy().argmax(axis=1) == labels).mean()
            for inputs, labels in parts
        ]
        accuracies.append(np.mean(correct))
    names = [f"{task}_accuracy" for task in CLASSES]
    assert_near([results[name] for name in names], accuracies)
    assert_near(results["accuracy"], np.mean(accuracies))
    assert history.history["val_accuracy"][-1] == results["accuracy"]
    inputs = rounds(1).map(lambda inputs, labels: inputs)
    assert model.predict(inputs, verbose=0).shape == (15, 4)


@pytest.mark.slow
@pytest.mark.parametrize("sharing", ["learned", "given", "separate"])
def test_a_compiled_model_comes_back_whole(sharing, tmp_path):
    allocated = np.eye(3, dtype=int)[:, None].repeat(2, axis=1)
    given = allocated if sharing == "given" else None
    model = make(sharing=sharing, allocated=given)
    model.compile(run_eagerly=True)
    model.train_on_batch(*batch(1))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_same_weights(loaded, model)
    assert_same_weights(loaded.optimizer, model.optimizer)
    json.dumps(model.get_config())
    assert loaded.get_config() == model.get_config()
    for trained in (model, loaded):
        trained.train_on_batch(*batch(2))  # draws go on as well
    assert_same_weights(loaded, model)
    np.testing.assert_array_equal(loaded.allocated, model.allocated)
    if sharing == "given":
        np.testing.assert_array_equal(loaded.allocated, allocated)


class KilledError(Exception):
    """What ends a training before its time."""


class Killer(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 2:
            raise KilledError


@pytest.mark.slow
def test_a_training_that_was_killed_is_resumed_bit_by_bit(tmp_path):
    def train(*callbacks):
        components = (("conv3x3",), ("identity",))
        model = make(components=components, strides=(2,), dropout_rate=0.3)
        model.compile()
        model.fit(
            rounds(3).repeat(),
            steps_per_epoch=9,
            epochs=4,
            verbose=0,
            callbacks=callbacks,
        )
        return model

    straight = train()
    with pytest.raises(KilledError):
        train(keras.callbacks.BackupAndRestore(tmp_path / "backup"), Killer())
    resumed = train(keras.callbacks.BackupAndRestore(tmp_path / "backup"))
    assert int(resumed.allocation.counter.steps) == 36
    assert_same_weights(resumed, straight)
    assert_same_weights(resumed.optimizer, straight.optimizer)


@pytest.mark.slow
@pytest.mark.parametrize("sharing", all_but(["mean"], ["mean", "separate"]))
def test_xla_trains_as_eager_steps_do(sharing):
    losses, weights = [], []
    for options in ({"run_eagerly": True}, {"jit_compile": True}):
        model = make(sharing=sharing, dropout_rate=0.0)
        model.compile(keras.optimizers.SGD(0.1), **options)
        history = model.fit(rounds(2), epochs=1, verbose=0).history
        losses.append(history["loss"][0])
        weights.append(values(model.trainable_variables))
    assert_near(*losses, 6 * 256)
    for first, second in zip(*weights, strict=True):
        assert_near(first, second, 6 * 256)


@pytest.mark.slow
@pytest.mark.exhaustive
def test_xla_draws_bits_and_drops_features():
    model = make(dropout_rate=0.3, budget_penalty=1.0, budget=0.5)
    model.compile(jit_compile=True)
    before = values(model.trainable_variables)
    history = model.fit(rounds(2), epochs=1, verbose=0).history
    assert np.isfinite(history["loss"]).all()
    after = values(model.trainable_variables)
    assert all((x != y).any() for x, y in zip(before, after, strict=True))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"sharing": "all"}, "`sharing` must be one of"),
        ({"sharing": "given"}, "`allocated` must be given if"),
        ({"allocated": np.ones(SHAPE)}, "`allocated` must be given if"),
        (
            {"sharing": "given", "allocated": np.ones((2, 2, 3))},
            r"`allocated` must have the shape \(3, 2, 3\)",
        ),
        ({"l2": -1}, "`l2` must be at least 0"),
        ({"budget": -1}, "`budget` must be at least 0"),
        ({"num_groups": 3}, "`num_groups` must divide"),
    ],
)
def test_a_wrong_argument_is_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        make(**arguments)
