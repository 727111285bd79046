import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import softmax
from tolerances import assert_near

from mtnas_tf.layers import GumbelChoice
from mtnas_tf.layers.gumbel_noise import gumbel_noise

LOGITS = np.array([0.5, -1.0, 0.2], "float32")
TEMPERATURE = 0.7


@keras.saving.register_keras_serializable(package="tests")
class ChoiceModel(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.choice = GumbelChoice((3, 4), seed=5, name="choice")
        self.built = True


def make(num_rows=2, **kwargs):
    choice = GumbelChoice((num_rows, 3), **kwargs)
    factor = choice.learning_rate_factor
    choice.kernel.assign(np.tile(LOGITS / factor, (num_rows, 1)))
    return choice


def draw(choice, **kwargs):
    return choice.draw(TEMPERATURE, training=True, **kwargs)


def noisy_logits(num_rows, seed):
    """The logits of the first draw, with the noise of the seed."""
    noise = gumbel_noise((num_rows, 3), keras.random.SeedGenerator(seed))
    return LOGITS + noise.numpy()


def assert_frequencies(draws, probs):
    """Frequencies of one-hot rows, within four standard errors."""
    counts = draws.numpy().mean(axis=0)
    tolerance = 4 * np.sqrt(probs * (1 - probs) / len(draws))
    assert (np.abs(counts - probs) <= tolerance).all()


@pytest.mark.parametrize("factor", [1.0, 20.0])
def test_starts_at_the_given_probabilities(factor):
    probs = (0.2, 0.7, 0.1)
    choice = GumbelChoice((5, 3), probs, learning_rate_factor=factor)
    assert_near(choice.probs, np.tile(probs, (5, 1)))
    assert_near(GumbelChoice((5, 3)).probs, np.full((5, 3), 1 / 3))


def test_takes_the_most_probable_choice_out_of_training():
    choice = make()
    for _ in range(2):
        assert choice.draw(TEMPERATURE).numpy().tolist() == [[1, 0, 0]] * 2
    assert choice.best().tolist() == [0, 0]
    # Of equal ones the first.
    assert GumbelChoice((4,)).draw(1.0).numpy().tolist() == [1, 0, 0, 0]


def test_draws_have_the_frequencies_of_the_softmax():
    draws = draw(make(20_000))
    assert set(np.unique(draws)) == {0.0, 1.0}
    assert_frequencies(draws, softmax(LOGITS))


def test_uniform_draws_leave_out_the_logits():
    choice = make(20_000)
    with tf.GradientTape() as tape:
        draws = draw(choice, is_uniform=tf.constant(True))
        total = tf.reduce_sum(draws * LOGITS)
    assert_frequencies(draws, np.full(3, 1 / 3))
    assert not np.any(tape.gradient(total, choice.kernel.value))


def test_a_mixture_is_the_softmax_of_the_noisy_logits():
    expected = [softmax(row / TEMPERATURE) for row in noisy_logits(2, seed=4)]
    assert_near(draw(make(seed=4, hard=False)), expected)


@pytest.mark.parametrize("hard", [True, False])
def test_gradient_is_that_of_the_softmax(hard):
    factor = 3.0
    choice = make(seed=4, hard=hard, learning_rate_factor=factor)
    slope = np.array([[1.0, -2.0, 0.5], [0.3, 0.1, 4.0]], "float32")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(draw(choice) * slope)
    gradient = tape.gradient(total, choice.kernel.value)
    expected = []
    for row, v in zip(noisy_logits(2, seed=4), slope, strict=True):
        soft = softmax(row / TEMPERATURE)
        expected.append(factor * soft * (v - soft @ v) / TEMPERATURE)
    assert_near(gradient, expected)


def test_draws_are_fresh_and_reproducible():
    first, second = make(50, seed=1), make(50, seed=1)
    draws = [draw(first).numpy() for _ in range(2)]
    assert (draws[0] != draws[1]).any()
    np.testing.assert_array_equal(draws[0], draw(second))
    assert (draws[0] != draw(make(50, seed=2)).numpy()).any()


def test_a_saved_model_goes_on_with_the_same_draws(tmp_path):
    model = ChoiceModel()
    checks.randomize(model)
    model.choice.draw(1.0, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_same_weights(loaded, model)
    for _ in range(3):
        np.testing.assert_array_equal(
            loaded.choice.draw(1.0, training=True),
            model.choice.draw(1.0, training=True),
        )


def test_a_step_of_adam_moves_logits_by_the_factor():
    choice = make(1, learning_rate_factor=20.0)
    before = np.array(choice.logits)
    optimizer = keras.optimizers.Adam(1e-3, epsilon=1e-12)
    optimizer.apply([tf.constant([[1.0, -1.0, 5.0]])], [choice.kernel])
    moved = choice.logits.numpy() - before
    np.testing.assert_allclose(moved, [[-0.02, 0.02, -0.02]], rtol=1e-3)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_compiled(jit_compile):
    choice = make(500)
    compiled = tf.function(
        lambda: choice.draw(TEMPERATURE, training=True), jit_compile=jit_compile
    )
    draws = [compiled().numpy() for _ in range(2)]
    assert set(np.unique(draws)) == {0.0, 1.0}
    assert (draws[0] != draws[1]).any()


def test_a_single_choice_has_nothing_to_learn():
    choice = GumbelChoice((3, 1))
    assert not choice.trainable_weights
    for training in (False, True):
        assert choice.draw(1.0, training=training).numpy().tolist() == [[1]] * 3


def test_config():
    kwargs = {
        "shape": [2, 3],
        "initial_probs": [0.5, 0.25, 0.25],
        "hard": False,
        "learning_rate_factor": 2.0,
        "seed": 3,
    }
    config = GumbelChoice(**kwargs).get_config()
    assert kwargs.items() <= config.items()
    assert GumbelChoice.from_config(config).get_config() == config


def test_float32_under_mixed_precision():
    choice = GumbelChoice((2, 3), dtype="mixed_bfloat16")
    draws = choice.draw(np.float32(0.5), training=True)
    assert {draws.dtype, choice.probs.dtype} == {tf.float32}
