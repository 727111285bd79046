import keras
import numpy as np
import pytest
import toy_data
from checks import softmax
from table_batch import TableBatch
from table_batch import make_table
from tolerances import near

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.models import MTNAS
from mtnas_tf.search.supernet.estimators import GumbelSoftmax

TABLE = make_table()


@pytest.mark.parametrize(
    ("iteration", "expected"), [(0, 8), (5, 4), (10, 2), (11, 2)]
)
def test_temperature(iteration, expected):
    estimator = GumbelSoftmax(8.0, 2.0, annealing_steps=10)
    temperature = estimator.temperature(keras.Variable(iteration))
    assert float(temperature) == near(expected)


def test_gradient_is_that_of_the_relaxed_sample():
    policy = RoutePolicy([9, 9])
    estimator = GumbelSoftmax(1.5, 1.5)
    noisy = estimator.draw(policy)
    gradient, rewards, _ = estimator.gradient(
        policy, noisy, TableBatch(TABLE), 3
    )
    noisy = noisy[0].numpy()
    first, second = noisy.argmax(axis=1)
    assert rewards[0, 0] == TABLE[first, second]
    losses = [-TABLE[:, second], -TABLE[first]]
    step = 1e-3
    for block, row in enumerate(noisy.astype("float64")):
        for choice in range(9):
            shift = step * np.eye(9)[choice]
            slope = (
                softmax((row + shift) / 1.5) - softmax((row - shift) / 1.5)
            ) @ losses[block]
            expected = slope / (2 * step)
            actual = float(gradient[block, choice])
            assert actual == near(expected)


def test_weights_train_through_the_route_drawn():
    supernet = MTNAS(toy_data.SCHEMA, num_subnetworks=2, units=5)
    root = supernet.encoder(toy_data.make_split(4).inputs)
    estimator = GumbelSoftmax()
    noisy = estimator.draw(supernet.policy)
    logits = estimator.training_logits(supernet, root, noisy)
    choices = noisy.numpy().argmax(axis=-1)
    expected = supernet.root_route_logits(root, choices, training=True)
    for task in expected:
        np.testing.assert_array_equal(logits[task], expected[task])


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        (
            {"final_temperature": 0.0},
            "`initial_temperature` and `final.*final_temperature=0.0",
        ),
        ({"annealing_steps": 0}, "`annealing_steps` must.*annealing_steps=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        GumbelSoftmax(**kwargs)
