"""A comparison that trained nothing."""

import json
import math

from toy_rows import MMOE
from toy_rows import PAIRS
from toy_rows import RETRAINED
from toy_rows import make_rows

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.experiment.comparison.compare import conclusions

PROTOCOL = {
    "config": json.loads(ExperimentConfig().to_json()),
    "rows": {"test": 40},
    "num_seeds": 2,
    "num_splits": 3,
    "trainings_of_a_search": 12,
    "date": "2020-02-29",
}
TIMES = {"train_seconds": 2.0, "num_trainings": 1, "route": None}


def compared(shift):
    """What `compare` returns, with an AUC that is not defined."""
    rows = [
        {
            **row,
            **TIMES,
            "num_parameters": {"dense": 7},
            "valid": row["test"],
            "valid_loss": 1.0,
            "budget": 1.0,
        }
        for method, scores in (
            (MMOE, [1.0, 1.1, 1.2, 1.3, 1.4, 1.5]),
            (RETRAINED, [1.1 + shift, 1.3, 1.4, 1.5, 1.2, 1.7]),
        )
        for row in make_rows(method, scores, PAIRS, multiply_adds=8)
    ]
    rows[0]["test"]["buy"]["auc"] = math.nan
    return {
        "dataset": "toy",
        "protocol": PROTOCOL,
        "rows": rows,
        **conclusions(rows, PROTOCOL),
    }
