import time

import keras
import numpy as np
import pytest
import scipy.special
import scipy.stats
from tolerances import near

from mtnas_tf.metrics import ExactAUC
from mtnas_tf.metrics import exact_auc

NAN = float("nan")


def pair_count_auc(labels, scores, weights):
    """The definition: every pair of a positive and a negative, one by one."""
    won, total = 0.0, 0.0
    for i in range(len(labels)):
        for j in range(len(labels)):
            if labels[i] == 1 and labels[j] == 0:
                pair = weights[i] * weights[j]
                total += pair
                if scores[i] > scores[j]:
                    won += pair
                elif scores[i] == scores[j]:
                    won += pair / 2
    return won / total


@pytest.mark.parametrize("num_distinct", [1, 2, 5, 1000])
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_equals_pair_counting(num_distinct, is_weighted, seed):
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, NAN], 60, p=[0.6, 0.3, 0.1])
    scores = rng.integers(0, num_distinct, 60) / 7 - 3
    weights = rng.uniform(0, 3, 60) if is_weighted else None
    expected = pair_count_auc(
        labels, scores, np.ones(60) if weights is None else weights
    )
    auc = exact_auc(labels, scores, weights)
    assert isinstance(auc, float)
    assert auc == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [([1, 2, 3, 4], 1.0), ([4, 3, 2, 1], 0.0), ([5, 5, 5, 5], 0.5)],
)
def test_perfect_reversed_and_all_equal(scores, expected):
    assert exact_auc([0, 0, 1, 1], scores) == expected


def test_columns_booleans_and_half_precision_are_accepted():
    labels = np.array([[False], [True], [True]])
    scores = np.array([[0.25], [0.5], [0.25]], np.float16)
    assert exact_auc(labels, scores) == 0.75


def test_infinite_scores_rank_and_tie():
    inf = float("inf")
    assert exact_auc([0, 0, 1, 1], [-inf, inf, 0.0, inf]) == 0.625


def test_a_row_without_label_is_left_out_even_if_its_score_is_nan():
    assert exact_auc([0, 1, NAN], [1, 2, NAN]) == 1.0


def test_a_row_of_weight_zero_is_left_out():
    assert exact_auc([0, 1, 1], [1, 2, 0], [1, 1, 0]) == 1.0
    assert np.isnan(exact_auc([0, 1], [1, 2], [1, 0]))


@pytest.mark.parametrize("labels", [[0, 0], [1, 1], [NAN, 1], [NAN, NAN], []])
def test_without_both_classes_it_is_nan(labels):
    assert np.isnan(exact_auc(labels, range(len(labels))))


def test_a_million_rows_with_few_positives():
    rng = np.random.default_rng(0)
    num_rows, num_positives = 1_000_000, 500
    scores = rng.permutation(num_rows).astype(np.float64)
    labels = np.zeros(num_rows)
    labels[rng.choice(num_rows, num_positives, replace=False)] = 1
    # Without ties the score of a positive is the number of rows below it.
    ranks = np.sort(scores[labels == 1]) - np.arange(num_positives)
    expected = ranks.mean() / (num_rows - num_positives)
    start = time.process_time()
    auc = exact_auc(labels, scores)
    assert time.process_time() - start < 5  # 0.2 s, whoever else computes
    assert auc == pytest.approx(expected, abs=1e-12)


def rare_positives(num_rows=200_000, rate=0.0005, truth=0.7):
    """Calibrated-looking probabilities around the rate, of known AUC.

    Two normal distributions of equal variance, their means `d` deviations
    apart, have AUC `Phi(d / sqrt(2))`.
    """
    rng = np.random.default_rng(0)
    labels = np.zeros(num_rows, np.float32)
    labels[: int(rate * num_rows)] = 1
    distance = np.sqrt(2) * scipy.stats.norm.ppf(truth)
    logits = rng.normal(size=num_rows) + distance * labels
    probs = scipy.special.expit(0.3 * logits + scipy.special.logit(rate))
    return labels, probs.astype(np.float32)


def test_rare_positives_are_ranked_where_thresholds_see_one_bucket():
    labels, probs = rare_positives()
    thresholds = keras.metrics.AUC(num_thresholds=200)
    ours = ExactAUC()
    for start in range(0, len(labels), 4096):
        rows = slice(start, start + 4096)
        thresholds.update_state(labels[rows], probs[rows])
        ours.update_state(labels[rows], probs[rows])
    u = scipy.stats.mannwhitneyu(probs[labels == 1], probs[labels == 0])
    truth = u.statistic / (100 * (200_000 - 100))
    assert truth == pytest.approx(0.7, abs=0.03)
    assert ours.result() == near(truth, num_terms=1)
    assert float(thresholds.result()) < 0.52


@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("batch_size", [1, 7, 60])
def test_batches_give_the_value_of_all_rows(batch_size, is_weighted):
    rng = np.random.default_rng(4)
    labels = rng.choice([0, 1, NAN], 60, p=[0.6, 0.3, 0.1])
    scores = rng.integers(0, 9, 60) / np.float32(8)
    weights = rng.integers(0, 4, 60).astype(np.float32)
    auc = ExactAUC()
    for start in range(0, 60, batch_size):
        rows = slice(start, start + batch_size)
        auc.update_state(
            labels[rows, None],
            scores[rows, None],
            weights[rows, None] if is_weighted else None,
        )
    expected = pair_count_auc(
        labels, scores, weights if is_weighted else np.ones(60)
    )
    assert auc.result() == near(expected, num_terms=1)
    auc.reset_state()
    assert np.isnan(auc.result())


def test_integer_weights_count_as_repeated_rows():
    rng = np.random.default_rng(5)
    labels, scores = rng.integers(0, 2, 40), rng.integers(0, 9, 40)
    weights = rng.integers(0, 4, 40)
    repeated = (np.repeat(values, weights) for values in (labels, scores))
    assert exact_auc(labels, scores, weights) == pytest.approx(
        exact_auc(*repeated), abs=1e-14
    )


def test_scores_of_float64_are_not_rounded_to_ties():
    auc = ExactAUC()
    auc.update_state(np.array([0, 1]), np.array([0.5, 0.5 + 1e-12]))
    assert auc.result() == 1.0


def test_serialisation_round_trip():
    config = keras.metrics.serialize(ExactAUC(name="rank"))
    copy = keras.metrics.deserialize(config)
    assert isinstance(copy, ExactAUC)
    assert copy.name == "rank"


def test_a_weight_without_label_may_be_nan():
    assert exact_auc([0, 1, NAN], [1, 2, 0], [1, 1, NAN]) == 1.0


def test_nan_score_of_an_observed_row_raises():
    with pytest.raises(ValueError, match=r"`scores`.*NaN.*1 NaN in 2"):
        exact_auc([0, 1, NAN], [0.5, NAN, 0.1])


def test_labels_other_than_0_and_1_raise():
    with pytest.raises(ValueError, match=r"`labels` must be 0, 1 or NaN"):
        exact_auc([0, 1, 2], [0.1, 0.2, 0.3])


@pytest.mark.parametrize("weight", [-1.0, NAN, float("inf")])
def test_negative_and_infinite_weights_raise(weight):
    with pytest.raises(ValueError, match="`weights` must be finite"):
        exact_auc([0, 1], [0.1, 0.2], [1.0, weight])


@pytest.mark.parametrize("weights", [None, [1, 1]])
def test_different_sizes_raise(weights):
    scores = [0.1, 0.2] if weights is None else [0.1, 0.2, 0.3]
    with pytest.raises(ValueError, match="one number a row"):
        exact_auc([0, 1, 1], scores, weights)
