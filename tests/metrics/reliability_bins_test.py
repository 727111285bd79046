import numpy as np
import pytest

from mtnas_tf.metrics import reliability_bins

NAN = float("nan")


def random_rows(num_rows=301, num_distinct=None):
    rng = np.random.default_rng(0)
    probs = rng.beta(1, 5, num_rows)
    if num_distinct:
        probs = rng.integers(0, num_distinct, num_rows) / num_distinct
    labels = (rng.random(num_rows) < 0.7 * probs).astype(float)
    weights = rng.uniform(0.5, 2, num_rows)
    labels[::10] = NAN
    weights[5] = 0
    return labels, probs, weights


def reference(labels, probs, weights, bin_of_row, num_bins):
    """Of each bin that has rows, what a loop over the bins finds."""
    found = {"predicted": [], "observed": [], "weights": [], "counts": []}
    is_seen = ~np.isnan(labels) & (weights > 0)
    for index in range(num_bins):
        rows = is_seen & (bin_of_row == index)
        if rows.any():
            w = weights[rows]
            found["predicted"].append(np.average(probs[rows], weights=w))
            found["observed"].append(np.average(labels[rows], weights=w))
            found["weights"].append(w.sum())
            found["counts"].append(rows.sum())
    return found


def assert_bins(bins, expected):
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(bins, name), values, rtol=1e-12)
    gaps = np.abs(np.subtract(expected["predicted"], expected["observed"]))
    error = np.average(gaps, weights=expected["weights"])
    assert bins.error == pytest.approx(error, rel=1e-12)


@pytest.mark.parametrize("num_bins", [1, 4, 15])
@pytest.mark.parametrize("num_distinct", [None, 8])
def test_bins_of_equal_width(num_bins, num_distinct):
    labels, probs, weights = random_rows(num_distinct=num_distinct)
    probs[:2] = [1.0, 0.0]
    edges = [b / num_bins for b in range(1, num_bins)]
    bin_of_row = np.array([sum(p >= edge for edge in edges) for p in probs])
    expected = reference(labels, probs, weights, bin_of_row, num_bins)
    bins = reliability_bins(labels, probs, weights, num_bins, "equal_width")
    assert_bins(bins, expected)


@pytest.mark.parametrize("num_bins", [1, 4, 15])
def test_bins_of_equal_mass_hold_as_many_rows(num_bins):
    labels, probs, _ = random_rows()
    seen = np.flatnonzero(~np.isnan(labels))
    order = seen[np.argsort(probs[seen])]
    bin_of_row = np.full(len(labels), -1)
    for rank, row in enumerate(order):
        bin_of_row[row] = int((rank + 0.5) / len(order) * num_bins)
    expected = reference(
        labels, probs, np.ones(len(labels)), bin_of_row, num_bins
    )
    bins = reliability_bins(labels, probs, num_bins=num_bins)
    assert_bins(bins, expected)
    assert np.ptp(bins.counts) <= 1
    assert (bins.highest[:-1] < bins.lowest[1:]).all()


def test_bins_of_equal_mass_weigh_alike():
    labels, probs, weights = random_rows(num_rows=3001)
    bins = reliability_bins(labels, probs, weights, num_bins=5)
    share = bins.weights / bins.weights.sum()
    np.testing.assert_allclose(share, 0.2, atol=2 / 3001)


def test_equal_predictions_stay_together_in_any_order():
    labels, probs, weights = random_rows(num_distinct=4)
    first = reliability_bins(labels, probs, weights)
    order = np.random.default_rng(1).permutation(len(labels))
    second = reliability_bins(labels[order], probs[order], weights[order])
    np.testing.assert_array_equal(first.predicted, [0, 0.25, 0.5, 0.75])
    np.testing.assert_array_equal(first.lowest, first.highest)
    np.testing.assert_allclose(first.observed, second.observed)
    np.testing.assert_array_equal(first.counts, second.counts)


def test_without_rows_there_is_no_bin():
    bins = reliability_bins([NAN], [0.5])
    assert bins.counts.size == 0
    assert np.isnan(bins.error)


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"num_bins": 0}, "`num_bins` must be positive.*num_bins=0"),
        ({"binning": "quantile"}, "`binning` must.*binning='quantile'"),
        ({"probs": [0.5, 1.5]}, r"`probs`.*in \[0.5, 1.5\]"),
        ({"labels": [0, 2]}, r"`labels` must be 0, 1 or NaN.*\[0.0, 2.0\]"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    given = {"labels": [0, 1], "probs": [0.2, 0.3]} | kwargs
    with pytest.raises(ValueError, match=message):
        reliability_bins(**given)
