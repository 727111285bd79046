import keras
import numpy as np
import tensorflow as tf
import toy_data
from tolerances import assert_near

from mtnas_tf.models import MTNAS
from mtnas_tf.search import negative_loss
from mtnas_tf.search.supernet.estimators import Mixture
from mtnas_tf.search.supernet.reward_batch import RewardBatch

REWARD = toy_data.make_split(9, toy_data.SCHEMA, seed=2)


def make_supernet():
    keras.utils.set_random_seed(0)
    supernet = MTNAS(
        toy_data.SCHEMA,
        num_subnetworks=2,
        units=5,
        embedding_dim=4,
        table_initializer="random_normal",
    )
    logits = np.random.default_rng(0).normal(size=supernet.policy.logits.shape)
    supernet.policy.logits.assign(logits)
    return supernet


def test_gradient_of_the_logits_is_the_losss():
    supernet = make_supernet()
    policy = supernet.policy
    root = supernet.encoder(REWARD.inputs)
    batch = RewardBatch(supernet, None, root, REWARD.labels)
    flat = {name: label[:, 0] for name, label in REWARD.labels.items()}

    @tf.function
    def loss():
        logits = supernet.root_mixture_logits(root, policy.probs()[None])
        rewards, _ = negative_loss(supernet.schema.tasks, flat, logits)
        return -tf.reduce_sum(rewards)

    gradient, rewards, is_defined = Mixture().gradient(policy, None, batch, 0)
    assert float(loss()) == -np.sum(rewards)
    assert np.all(is_defined)
    start, step = policy.logits.numpy(), 0.1
    expected = np.zeros_like(start)
    for index in np.ndindex(start.shape):
        values = []
        for sign in (1, -1):
            moved = start.copy()
            moved[index] += sign * step
            policy.logits.assign(moved)
            values.append(float(loss()))
        expected[index] = (values[0] - values[1]) / (2 * step)
    scale = np.abs(expected).max()
    assert scale > 1e-3
    np.testing.assert_allclose(gradient, expected, atol=0.02 * scale)


def test_weights_train_through_the_mixture_as_it_is():
    supernet = make_supernet()
    root = supernet.encoder(REWARD.inputs)
    mixture = Mixture()
    assert mixture.draw(supernet.policy) is None
    logits = mixture.training_logits(supernet, root, None)
    expected = supernet.root_mixture_logits(root, supernet.policy.probs()[None])
    for task in expected:
        np.testing.assert_array_equal(logits[task], expected[task])


def test_the_optimizer_is_adam_with_coupled_decay():
    optimizer = Mixture(learning_rate=0.1, weight_decay=0.5).default_optimizer()
    logits = keras.Variable([[1.0, 2.0], [3.0, 4.0]])
    optimizer.build([logits])
    gradient = np.array([[0.3, -1.5], [0.1, 0.2]], "f")
    total = gradient + 0.5 * logits.numpy()
    # The first step of Adam is one learning rate along the sign.
    expected = logits.numpy() - 0.1 * np.sign(total)
    optimizer.apply([gradient], [logits])
    assert_near(logits, expected)
