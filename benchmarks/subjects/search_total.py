"""One search, or one training of MMoE, on Book-Crossing, from cold.

`total_seconds` is the wall time of `fit`, compilation and validation included,
and for a search of the derivation of its route; the model's construction, the
data and imports are no part of it.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks import book_crossing
from mtnas_tf import derive
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The data, read; a round is the whole run.

    Args:
        config: `is_search`.
    """
    import_cpu_seconds = time.process_time()
    start = time.perf_counter()
    experiment, data = book_crossing.load()
    others = {
        "load_seconds": time.perf_counter() - start,
        "import_cpu_seconds": import_cpu_seconds,
    }
    measure = _search if config["is_search"] else _train
    return lambda: {**measure(experiment, data), **others}


def _search(
    experiment: ExperimentConfig, data: MultiTaskData
) -> dict[str, float]:
    training = runner.search(experiment, data, verbose=0)
    start = time.perf_counter()
    derive.derive_route(training.model)
    return _figures(training, time.perf_counter() - start)


def _train(
    experiment: ExperimentConfig, data: MultiTaskData
) -> dict[str, float]:
    model = runner.build_model("mmoe", experiment, data.schema)
    return _figures(runner.train(model, experiment, data, verbose=0), 0.0)


def _figures(
    training: runner.Training, derive_seconds: float
) -> dict[str, float]:
    return {
        "total_seconds": training.seconds + derive_seconds,
        "derive_seconds": derive_seconds,
        "epochs": training.epochs,
        "step_ms": training.step_seconds * 1e3,
    }
