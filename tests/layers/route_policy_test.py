import keras
import numpy as np
import pytest
from checks import softmax
from tolerances import assert_near

from mtnas_tf.layers import RoutePolicy

CHOICES = [3, 1, 4]


@keras.saving.register_keras_serializable(package="tests")
class PolicyModel(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.policy = RoutePolicy(CHOICES, seed=3, name="policy")
        self.built = True


def make_policy(seed=0):
    policy = RoutePolicy(CHOICES, seed=seed)
    logits = np.random.default_rng(0).normal(size=policy.logits.shape)
    policy.logits.assign(logits)
    return policy


def expected_probs(policy):
    probs = np.zeros((3, 4))
    for block, size in enumerate(CHOICES):
        probs[block, :size] = softmax(policy.logits.numpy()[block, :size])
    return probs


def test_starts_uniform():
    policy = RoutePolicy(CHOICES)
    assert not policy.logits.numpy().any()
    expected = [[1 / 3] * 3 + [0], [1, 0, 0, 0], [1 / 4] * 4]
    assert_near(policy.probs(), expected)
    assert_near(policy.entropy(), np.log([3, 1, 4]))


def test_probs_are_a_softmax_of_each_blocks_choices():
    policy = make_policy()
    expected = expected_probs(policy)
    assert_near(policy.probs(), expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(expected > 0, -expected * np.log(expected), 0)
    assert_near(policy.entropy(), terms.sum(axis=1))


def test_draws_have_the_policys_frequencies_and_no_padding():
    policy = make_policy()
    draws = policy.sample(20_000).numpy()
    assert draws.shape == (20_000, 3)
    assert draws.dtype == np.int32
    for block, probs in enumerate(expected_probs(policy)):
        counts = np.bincount(draws[:, block], minlength=4) / 20_000
        # Four standard errors of a frequency.
        tolerance = 4 * np.sqrt(probs * (1 - probs) / 20_000)
        assert (np.abs(counts - probs) <= tolerance).all()


def test_padding_is_never_drawn_however_low_the_logits():
    policy = RoutePolicy(CHOICES)
    policy.logits.assign(np.full((3, 4), -1e4))
    assert (policy.sample(1000).numpy() < CHOICES).all()


def test_uniform_draws_know_no_logits_and_no_padding():
    draws = make_policy().sample_uniform(20_000).numpy()
    for block, size in enumerate(CHOICES):
        counts = np.bincount(draws[:, block], minlength=size) / 20_000
        tolerance = 4 * np.sqrt(1 / size * (1 - 1 / size) / 20_000)
        assert (np.abs(counts - 1 / size) <= tolerance).all()


def test_a_draw_is_the_largest_perturbed_logit():
    first, again = make_policy(), make_policy()
    noisy = first.perturbed_logits(7).numpy()
    assert noisy.shape == (7, 3, 4)
    assert (noisy[:, ~first.is_choice] < -1e8).all()
    np.testing.assert_array_equal(noisy.argmax(axis=-1), again.sample(7))


def test_a_pinned_route_is_the_most_probable_by_far():
    policy = make_policy()
    policy.pin([2, 0, 1])
    probs = policy.probs().numpy()
    assert_near(probs[[0, 1, 2], [2, 0, 1]], 1)
    assert (policy.sample(1000).numpy() == [2, 0, 1]).all()


@pytest.mark.parametrize("choices", [[2, 1, 0], [2, 0], [-1, 0, 0]])
def test_a_route_that_is_none_is_not_pinned(choices):
    policy = make_policy()
    with pytest.raises(ValueError, match="`choices` must hold a local route"):
        policy.pin(choices)


def test_seed_fixes_the_draws():
    first, again, other = make_policy(1), make_policy(1), make_policy(2)
    draws = first.sample(50).numpy()
    np.testing.assert_array_equal(draws, again.sample(50))
    assert (draws != other.sample(50).numpy()).any()
    assert (draws != first.sample(50).numpy()).any()


@pytest.mark.parametrize("suffix", [".keras", ".weights.h5"])
def test_draws_go_on_after_a_reload(suffix, tmp_path):
    model, path = PolicyModel(), tmp_path / f"model{suffix}"
    model.policy.sample(5)
    if suffix == ".keras":
        model.save(path)
        loaded = keras.saving.load_model(path)
    else:
        model.save_weights(path)
        loaded = PolicyModel()
        loaded.load_weights(path)
    np.testing.assert_array_equal(
        loaded.policy.sample(50), model.policy.sample(50)
    )


def test_logits_are_not_trainable():
    policy = RoutePolicy(CHOICES, dtype="mixed_float16")
    assert policy.trainable_weights == []
    assert any(weight is policy.logits for weight in policy.weights)
    assert policy.logits.dtype == "float32"
    assert policy.probs().dtype == "float32"


def test_one_hot_has_an_axis_of_choices():
    one_hot = RoutePolicy(CHOICES).one_hot(np.array([[2, 0, 3], [0, 0, 1]]))
    assert one_hot.shape == (2, 3, 4)
    np.testing.assert_array_equal(
        np.argmax(one_hot, -1), [[2, 0, 3], [0, 0, 1]]
    )


def test_config_round_trip():
    policy = RoutePolicy(CHOICES, seed=7)
    copy = RoutePolicy.from_config(policy.get_config())
    assert copy.get_config() == policy.get_config()


@pytest.mark.parametrize("num_choices", [[], [2, 0]])
def test_wrong_choices_are_named(num_choices):
    with pytest.raises(ValueError, match="`num_choices` must"):
        RoutePolicy(num_choices)
