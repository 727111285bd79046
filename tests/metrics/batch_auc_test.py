import numpy as np
import pytest
import tensorflow as tf
from tolerances import assert_near
from tolerances import near

from mtnas_tf.metrics import batch_auc
from mtnas_tf.metrics import exact_auc

NAN = float("nan")
RUNS = {
    "eager": batch_auc,
    "graph": tf.function(batch_auc),
    "xla": tf.function(batch_auc, jit_compile=True),
}


@pytest.fixture(
    params=["eager", pytest.param("graph", marks=pytest.mark.slow), "xla"]
)
def run(request):
    def run_in_mode(labels, logits, *weights):
        auc, is_defined = RUNS[request.param](
            tf.constant(labels, tf.float32),
            tf.constant(logits),
            *[tf.constant(values, tf.float32) for values in weights],
        )
        return auc.numpy(), is_defined.numpy()

    return run_in_mode


def random_labels(rng, shape):
    return rng.choice([0, 1, NAN], shape, p=[0.6, 0.3, 0.1])


# The batch is a power of two, one less, one more, and as small as it may be.
@pytest.mark.parametrize("batch_size", [2, 31, 32, 33])
@pytest.mark.parametrize("num_distinct", [1, 3, 10_000])
def test_equals_the_exact_auc_of_each_route(run, batch_size, num_distinct):
    rng = np.random.default_rng(batch_size)
    labels = random_labels(rng, batch_size)
    labels[:2] = [1, 0]
    logits = rng.integers(0, num_distinct, (5, batch_size)) / np.float32(7)
    auc, is_defined = run(labels, logits.astype(np.float32))
    assert auc.shape == is_defined.shape == (5,)
    assert is_defined.all()
    assert_near(auc, [exact_auc(labels, route) for route in logits])


def test_a_large_batch_is_exact_to_rounding(run):
    rng = np.random.default_rng(0)
    labels = random_labels(rng, 16_384)
    logits = rng.normal(size=16_384).astype(np.float32).round(2)
    auc, _ = run(labels, logits)
    assert auc == near(exact_auc(labels, logits), num_terms=4)


@pytest.mark.parametrize("num_distinct", [1, 3, 10_000])
def test_weights_are_those_of_the_exact_auc(run, num_distinct):
    rng = np.random.default_rng(2)
    labels = random_labels(rng, 33)
    labels[:2] = [1, 0]
    logits = rng.integers(0, num_distinct, (5, 33)) / np.float32(7) - 9
    weights = rng.uniform(0.1, 3, 33)
    weights[5], weights[6] = 0, NAN
    labels[6] = NAN
    auc, is_defined = run(labels, logits.astype(np.float32), weights)
    assert is_defined.all()
    assert_near(auc, [exact_auc(labels, route, weights) for route in logits])


def test_a_class_without_weight_is_not_there(run):
    logits = np.array([3, 1, 2, NAN], np.float32)
    auc, is_defined = run([0, 0, 1, 1], logits, [0, 1, 1, 0])
    assert auc == 1
    assert is_defined
    auc, is_defined = run([0, 0, 1, 1], logits, [0, 0, 1, 0])
    assert auc == 0
    assert not is_defined


def test_labels_broadcast_over_routes_and_tasks(run):
    rng = np.random.default_rng(1)
    labels = random_labels(rng, (2, 40))
    logits = rng.normal(size=(3, 2, 40)).astype(np.float32)
    auc, is_defined = run(labels, logits)
    assert auc.shape == is_defined.shape == (3, 2)
    for route in range(3):
        for task in range(2):
            assert auc[route, task] == near(
                exact_auc(labels[task], logits[route, task])
            )


def test_saturated_logits_tie(run):
    inf = float("inf")
    auc, _ = run([0, 0, 1, 1], np.array([-inf, inf, 0.0, inf], np.float32))
    assert auc == 0.625


def test_zeros_of_both_signs_tie(run):
    auc, _ = run([0, 1, 1, 0], np.array([0.0, -0.0, 0.0, -0.0], np.float32))
    assert auc == 0.5


def test_half_precision_logits_are_accepted(run):
    auc, _ = run([0, 1, 1], np.array([0.25, 0.5, 0.25], np.float16))
    assert auc == 0.75
    assert auc.dtype == np.float32


@pytest.mark.parametrize("labels", [[0, 0, NAN], [1, 1, NAN], [NAN, NAN, NAN]])
def test_without_both_classes_it_is_not_defined(run, labels):
    auc, is_defined = run(labels, np.ones((2, 3), np.float32))
    assert auc.tolist() == [0, 0]
    assert is_defined.tolist() == [False, False]


def test_a_nan_logit_breaks_its_own_route_alone(run):
    logits = np.array([[1, 2, NAN], [1, 2, 3], [NAN, 1, 2]], np.float32)
    auc, is_defined = run([0, 1, 1], logits)
    np.testing.assert_array_equal(auc, [NAN, 1, NAN])
    assert is_defined.all()


def test_a_nan_logit_without_label_is_left_out(run):
    auc, _ = run([0, 1, NAN], np.array([1, 2, NAN], np.float32))
    assert auc == 1


@pytest.mark.parametrize("shape", [(), (3, 1)])
def test_fewer_than_two_rows_raise(shape):
    with pytest.raises(ValueError, match="`logits` must be a static batch"):
        batch_auc(np.zeros(shape), np.zeros(shape, np.float32))


def test_an_unknown_batch_raises():
    function = tf.function(
        batch_auc, input_signature=[tf.TensorSpec((None,))] * 2
    )
    with pytest.raises(ValueError, match="`logits` must be a static batch"):
        function(tf.zeros(3), tf.zeros(3))
