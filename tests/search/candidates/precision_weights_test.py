import itertools
import types

import numpy as np
import pytest
from toy_data import BINARY_SCHEMA
from toy_data import SCHEMA

from mtnas_tf.search import precision_weights


def data_of(schema=BINARY_SCHEMA, **labels):
    valid = types.SimpleNamespace(labels=labels)
    return types.SimpleNamespace(schema=schema, splits={"valid": valid})


def labels(positives, negatives, missing=0):
    return np.array([1.0] * positives + [0.0] * negatives + [np.nan] * missing)


def variance_of_auc(positives, negatives):
    """Over all orders of rows that are equally likely."""
    rows = range(positives + negatives)
    aucs = []
    for chosen in itertools.combinations(rows, positives):
        others = set(rows) - set(chosen)
        wins = sum(p > n for p, n in itertools.product(chosen, others))
        aucs.append(wins / (positives * negatives))
    return np.var(aucs)


def test_weights_are_inverse_variances_of_aucs():
    sizes = {"click": (4, 5), "buy": (1, 6)}
    found = precision_weights(
        data_of(click=labels(4, 5), buy=labels(1, 6, missing=2))
    )
    precisions = {n: 1 / variance_of_auc(*size) for n, size in sizes.items()}
    mean = np.mean(list(precisions.values()))
    expected = {name: value / mean for name, value in precisions.items()}
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(
    ("schema", "valid", "message"),
    [
        (
            BINARY_SCHEMA,
            {"click": labels(2, 2), "buy": labels(0, 4)},
            "'buy', binary, with 0 and 4",
        ),
        (SCHEMA, {"click": labels(2, 2), "stars": labels(2, 2)}, "regression"),
    ],
)
def test_tasks_without_an_auc_are_refused(schema, valid, message):
    with pytest.raises(ValueError, match=f"`data` must have.*{message}"):
        precision_weights(data_of(schema, **valid))
