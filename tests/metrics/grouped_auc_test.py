import keras
import numpy as np
import pytest

from mtnas_tf.metrics import GroupedAUC
from mtnas_tf.metrics import exact_auc

NAN = float("nan")


def reference(labels, scores, groups, weights, weighting):
    """Group by group, with the exact AUC of each."""
    aucs, group_weights, num_left_out = [], [], 0
    for group in np.unique(groups[~np.isnan(labels) & (weights > 0)]):
        rows = (groups == group) & ~np.isnan(labels)
        auc = exact_auc(labels[rows], scores[rows], weights[rows])
        if np.isnan(auc):
            num_left_out += 1
            continue
        aucs.append(auc)
        by_rows = weighting == "rows"
        group_weights.append(weights[rows].sum() if by_rows else 1)
    return {
        "gauc": pytest.approx(np.average(aucs, weights=group_weights)),
        "num_groups": len(aucs),
        "num_left_out": num_left_out,
    }


def random_rows(seed, num_distinct, num_rows=200):
    rng = np.random.default_rng(seed)
    labels = rng.choice([0, 1, NAN], num_rows, p=[0.6, 0.3, 0.1])
    scores = rng.integers(0, num_distinct, num_rows) / np.float32(7)
    groups = rng.integers(-20, 20, num_rows)
    weights = rng.integers(0, 3, num_rows) * rng.uniform(0.5, 2, num_rows)
    return labels, scores, groups, weights


@pytest.mark.parametrize("weighting", ["rows", "equal"])
@pytest.mark.parametrize("is_weighted", [False, True])
@pytest.mark.parametrize("num_distinct", [1, 4, 10_000])
def test_equals_the_reference(weighting, is_weighted, num_distinct):
    labels, scores, groups, weights = random_rows(0, num_distinct)
    metric = GroupedAUC(weighting)
    for start in range(0, 200, 37):  # groups are spread over batches
        rows = slice(start, start + 37)
        metric.update_state(
            labels[rows, None],
            scores[rows, None],
            weights[rows, None] if is_weighted else None,
            groups=groups[rows, None],
        )
    weights = weights if is_weighted else np.ones(200)
    expected = reference(labels, scores, groups, weights, weighting)
    assert metric.result() == expected
    assert expected["num_left_out"] > 0


def test_rates_of_users_count_for_nothing():
    # User 1 clicks often and 2 rarely; within each the order is wrong.
    labels = np.array([1, 1, 0, 1, 0, 0])
    scores = np.array([0.8, 0.8, 0.9, 0.1, 0.2, 0.2])
    groups = np.array([1, 1, 1, 2, 2, 2])
    metric = GroupedAUC()
    metric.update_state(labels, scores, groups=groups)
    assert metric.result()["gauc"] == 0
    assert exact_auc(labels, scores) > 0.4


def test_groups_weigh_by_rows_or_equally():
    labels = [1, 0, 1, 0, 0, 0]
    scores = [2, 1, 1, 2, 2, 2]
    results = {}
    for weighting in ("rows", "equal"):
        metric = GroupedAUC(weighting)
        metric.update_state(labels, scores, groups=[5, 5, 6, 6, 6, 6])
        results[weighting] = metric.result()["gauc"]
    assert results == {"rows": pytest.approx(2 / 6), "equal": 0.5}


def test_without_a_group_of_both_classes_it_is_undefined():
    metric = GroupedAUC()
    result = metric.result()
    assert np.isnan(result.pop("gauc"))
    assert result == {"num_groups": 0, "num_left_out": 0}
    metric.update_state([1, 0, NAN], [1, 2, 3], groups=[1, 2, 3])
    result = metric.result()
    assert np.isnan(result.pop("gauc"))
    assert result == {"num_groups": 0, "num_left_out": 2}


def test_reset_forgets_the_rows():
    metric = GroupedAUC()
    metric.update_state([1, 0], [1, 2], groups=[1, 1])
    metric.reset_state()
    assert metric.result()["num_groups"] == 0


def test_serialisation_round_trip():
    config = keras.metrics.serialize(GroupedAUC("equal", name="per_user"))
    copy = keras.metrics.deserialize(config)
    assert isinstance(copy, GroupedAUC)
    assert (copy.weighting, copy.name) == ("equal", "per_user")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        (None, "`groups` must hold the group.*evaluate_groups.*groups=None"),
        ([1.0, 2.0], "`groups` must be ints.*float64"),
        (["a", "b"], "`groups` must be ints.*<U1"),
        ([1, 2, 3], "`groups` must have one int.*3 groups of 2 labels"),
    ],
)
def test_wrong_groups_are_named(groups, message):
    with pytest.raises(ValueError, match=message):
        GroupedAUC().update_state([0, 1], [0.1, 0.2], groups=groups)


def test_a_wrong_weighting_is_named():
    with pytest.raises(ValueError, match="`weighting` must.*'clicks'"):
        GroupedAUC("clicks")
