import keras
import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near

from mtnas_tf.layers import StepCounter
from mtnas_tf.layers.temperature import inverse_root_temperature


@keras.saving.register_keras_serializable(package="tests")
class CountingModel(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.counter = StepCounter(name="counter")
        self.dense = keras.layers.Dense(1)
        self.dense.build((None, 2))
        self.built = True

    def call(self, inputs, training=False):
        step = self.counter.advance(training)
        return self.dense(inputs) + 0.0 * step


@pytest.mark.parametrize("jit_compile", [False, True])
def test_counts_the_steps_of_fit_and_survives_a_file(jit_compile, tmp_path):
    model = CountingModel()
    model.compile("sgd", "mse", jit_compile=jit_compile)
    rows = np.ones((6, 2), "f"), np.ones((6, 1), "f")
    model.fit(*rows, batch_size=2, epochs=2, validation_data=rows, verbose=0)
    model.predict(rows[0], verbose=0)
    assert int(model.counter.steps) == 6
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert int(loaded.counter.steps) == 6


def test_returns_the_steps_before():
    counter = StepCounter()
    steps = [counter.advance(training) for training in (True, False, True)]
    assert [step.numpy() for step in steps] == [0, 1, 1]
    assert steps[0].dtype == tf.float32
    assert int(counter.steps) == 2
    assert not counter.trainable_weights


@pytest.mark.parametrize(
    ("step", "final", "annealing", "expected"),
    [(0, 0, 1, 50), (99, 0, 1, 5), (990, 0, 10, 5), (10**6, 0.5, 1, 0.5)],
)
def test_temperature_falls_with_the_root(step, final, annealing, expected):
    step = tf.constant(step, tf.float32)
    temperature = inverse_root_temperature(step, 50.0, final, annealing)
    assert_near(temperature, expected)
