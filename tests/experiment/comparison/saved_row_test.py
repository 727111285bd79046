import json
import math

import numpy as np

from mtnas_tf.experiment.comparison.comparison_rows import ComparisonRows
from mtnas_tf.experiment.comparison.saved_row import with_nan
from mtnas_tf.experiment.strict_json import strict_json

NAN = math.nan
ROW = {
    "model": "mmoe",
    "variant": None,
    "seed": 0,
    "split_seed": 2,
    "score": NAN,
    "valid_loss": 0.5,
    "valid": {"click": {"auc": 0.75, "log_loss": NAN}},
    "test": {"click": {"auc": NAN, "log_loss": 0.25}},
    "test_domains": {
        "click": {
            "home": {"auc": NAN, "num_labels": 3},
            "search": {"auc": 0.5, "num_labels": 7},
        }
    },
    "route": None,
}


def test_a_row_survives_a_file():
    saved = json.loads(strict_json(ROW))
    assert saved["test_domains"]["click"]["home"]["auc"] is None
    np.testing.assert_equal(with_nan(saved), ROW)


def test_a_comparison_that_goes_on_has_its_earlier_rows():
    saved = json.loads(strict_json(ROW))
    np.testing.assert_equal(ComparisonRows({}, [saved], print).rows, [ROW])
