import numpy as np
import pytest
import tensorflow as tf

from mtnas_tf.metrics import RowMetric

NAN = float("nan")


def kept(*batches):
    metric = RowMetric()
    for batch in batches:
        metric.update_state(*batch)
    return metric.rows()


def test_rows_are_kept_compactly():
    labels = np.array([[1.0], [0.0], [NAN]], np.float32)
    scores = np.array([[0.5], [0.25], [0.125]], np.float32)
    is_positive, scores, weights = kept((labels, scores), (labels, scores))
    np.testing.assert_array_equal(is_positive, [True, False] * 2)
    np.testing.assert_array_equal(scores, np.float32([0.5, 0.25] * 2))
    assert weights is None
    assert is_positive.itemsize + scores.itemsize == 5


@pytest.mark.parametrize(
    ("dtype", "kept_as"),
    [("float16", "float32"), ("float32", "float32"), ("float64", "float64")],
)
def test_a_score_is_kept_as_exactly_as_it_came(dtype, kept_as):
    scores = np.array([0.1, 0.2], dtype)
    _, rows, _ = kept(([0, 1], scores))
    assert rows.dtype == kept_as
    np.testing.assert_array_equal(rows, scores)


def test_eager_tensors_of_any_precision_are_taken():
    scores = tf.constant([[0.5], [0.25]], tf.bfloat16)
    is_positive, rows, _ = kept((tf.constant([[0.0], [1.0]]), scores))
    np.testing.assert_array_equal(is_positive, [False, True])
    np.testing.assert_array_equal(rows, [0.5, 0.25])


def test_batches_without_weights_weigh_one_beside_those_with():
    weights = np.array([2.0, 0.0, 0.5], np.float32)
    _, scores, kept_weights = kept(
        ([0, 1], [0.1, 0.2]), ([0, 1, 1], [0.3, 0.4, 0.5], weights)
    )
    np.testing.assert_array_equal(scores, [0.1, 0.2, 0.3, 0.5])
    np.testing.assert_array_equal(kept_weights, [1, 1, 2, 0.5])
    assert kept_weights.dtype == np.float32


def test_there_may_be_no_rows():
    is_positive, scores, weights = kept()
    assert len(is_positive) == len(scores) == 0
    assert weights is None


def test_a_compiled_step_is_refused():
    metric = RowMetric(name="rows")
    step = tf.function(metric.update_state)
    with pytest.raises(ValueError, match="must be updated with arrays or"):
        step(tf.constant([1.0]), tf.constant([0.5]))


def test_the_value_is_the_subclass_s_duty():
    with pytest.raises(NotImplementedError):
        RowMetric().result()
