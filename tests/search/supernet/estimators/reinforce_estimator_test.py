import numpy as np
import pytest
from table_batch import TableBatch
from table_batch import make_table
from tolerances import assert_near

from mtnas_tf.layers import RoutePolicy
from mtnas_tf.search.supernet import reinforce
from mtnas_tf.search.supernet.estimators import Reinforce

BATCH = TableBatch(make_table())
CHOICES = np.array([[0, 4], [8, 8], [6, 1]], "int32")


def make_policy():
    policy = RoutePolicy([9, 9])
    policy.logits.assign(np.random.default_rng(0).normal(size=(2, 9)))
    return policy


def gradient(iteration=0, **kwargs):
    return Reinforce(num_routes=3, **kwargs).gradient(
        make_policy(), CHOICES, BATCH, iteration
    )[0]


def test_the_papers_settings():
    config = Reinforce.paper().get_config()
    assert (config["num_routes"], config["baseline"]) == (1, "moving_average")
    assert config["baseline_decay"] == 0.95
    optimizer = Reinforce.paper().default_optimizer()
    assert float(optimizer.learning_rate) == np.float32(0.01)
    assert Reinforce.paper(learning_rate=0.5).learning_rate == 0.5


def test_only_a_moving_average_is_kept():
    for baseline, num_weights in (("moving_average", 1), ("leave_one_out", 0)):
        estimator = Reinforce(baseline=baseline)
        estimator.build(2)
        assert len(estimator.weights) == num_weights


def test_normalized_advantages():
    rewards = BATCH.table.numpy()[CHOICES[:, 0], CHOICES[:, 1]]
    advantages = reinforce.leave_one_out_advantages(
        rewards[None], np.array([True])
    )
    expected = gradient(normalize=False) / np.std(advantages)
    assert_near(gradient(), expected)


@pytest.mark.parametrize(("iteration", "share"), [(0, 1), (3, 0.25), (9, 0)])
def test_the_weight_of_the_entropy_goes_to_zero(iteration, share):
    settings = {"entropy_weight": 0.8, "entropy_steps": 4}
    plain = gradient()
    bonus = gradient(iteration, **settings) - plain
    expected = 0.8 * reinforce.entropy_gradient(make_policy().probs())
    assert_near(bonus, share * expected, scale=np.abs(plain).max())


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"baseline": "mean"}, "`baseline` must.*baseline='mean'"),
        ({"num_routes": 1}, "`num_routes` must be at least 2.*num_routes=1"),
        (
            {
                "baseline": "moving_average",
                "num_routes": 0,
                "normalize": False,
            },
            "`num_routes` must be at least 1.*num_routes=0",
        ),
        (
            {"baseline": "moving_average", "num_routes": 1, "normalize": True},
            "`num_routes` must be at least 2.*num_routes=1",
        ),
        ({"baseline_decay": 1.0}, "`baseline_decay` must.*baseline_decay=1.0"),
        ({"entropy_weight": -1.0}, "`entropy_weight` must.*weight=-1.0"),
        ({"entropy_steps": 0}, "`entropy_steps` must.*entropy_steps=0"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    with pytest.raises(ValueError, match=message):
        Reinforce(**kwargs)
