"""One search, or one training of MMoE, on Book-Crossing, from cold.

`total_seconds` is the wall time until the searched route, or the trained model,
is there, compilation and validation included; the data and imports are no part
of it.
"""

import time
from collections.abc import Callable
from typing import Any

from benchmarks import book_crossing
from mtnas_tf import derive
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.experiment.route_search import search_candidates

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The data, read; a round is the whole run.

    Args:
        config: `run`, one of `"candidates"`, `"supernet"` and `"mmoe"`.
    """
    import_cpu_seconds = time.process_time()
    start = time.perf_counter()
    experiment, data = book_crossing.load()
    others = {
        "load_seconds": time.perf_counter() - start,
        "import_cpu_seconds": import_cpu_seconds,
    }
    run = RUNS[config["run"]]

    def measure() -> dict[str, float]:
        start = time.perf_counter()
        epochs = run(experiment, data)
        seconds = time.perf_counter() - start
        return {"total_seconds": seconds, "epochs": epochs, **others}

    return measure


def _search_candidates(
    experiment: ExperimentConfig, data: MultiTaskData
) -> int:
    space = route_space(experiment, data.schema.task_names)
    trainer = new_trainer(experiment, data.schema, space)
    return search_candidates(experiment, data, trainer).epochs


def _search_supernet(experiment: ExperimentConfig, data: MultiTaskData) -> int:
    experiment = with_section(experiment, "search", method="reinforce")
    training = runner.search(experiment, data, verbose=0)
    derive.derive_route(training.model)
    return training.epochs


def _train_mmoe(experiment: ExperimentConfig, data: MultiTaskData) -> int:
    model = building.build_model("mmoe", experiment, data.schema)
    return runner.train(model, experiment, data, verbose=0).epochs


RUNS = {
    "candidates": _search_candidates,
    "supernet": _search_supernet,
    "mmoe": _train_mmoe,
}
