"""Every allocation of a config on the same images, over seeds.

Within a seed all methods start from the same weights, as far as they have the
same, and see the same batches in the same order. Test images are read once a
training, with the weights that are best on the validation images.
"""

import dataclasses
import time
from collections.abc import Callable
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.allocation_config import ALLOCATIONS
from mtnas_tf.data import ImageTaskData
from mtnas_tf.experiment.allocation import training
from mtnas_tf.experiment.allocation.summary import summarize

Row = dict[str, Any]


def compare(
    config: ExperimentConfig,
    num_seeds: int,
    data: ImageTaskData,
    report: Callable[[str], None] = print,
    keep: Callable[[Row], None] | None = None,
    known: Sequence[Row] = (),
    folder: Path | None = None,
) -> dict[str, Any]:
    """Trains every method for every seed.

    Args:
        config: `ExperimentConfig`.
        num_seeds: int > 0. Seeds `config.seed`, ...
        data: `ImageTaskData` of the config.
        report: called with a line of text after every row. Defaults to `print`.
        keep: called with every row as it comes. Defaults to `None`.
        known: rows of the same, unfinished comparison, which are not trained
            again. Defaults to `()`.
        folder: where trainings keep their states, so that one that was killed
            goes on after its last epoch. Defaults to `None`.

    Returns:
        dict for `compare.json`: `dataset`, `protocol`, `rows`, `summary`.
    """
    rows = []
    # What others take from the learned allocation comes after it.
    methods = [m for m in ALLOCATIONS if m in config.allocation.compared]
    for seed in range(config.seed, config.seed + num_seeds):
        of_seed = with_seed(data, seed)
        learned = None
        for method in methods:
            row = next((r for r in known if _is_of(r, method, seed)), None)
            if row is None:
                own = folder and folder / f"training_{method}_{seed}"
                row = _trained(method, config, of_seed, learned, own)
                if keep is not None:
                    keep(row)
            report(_line(row))
            rows.append(row)
            if method == "learned":
                learned = np.array(row["allocated"])
    return {
        "dataset": config.dataset,
        "protocol": _protocol(config, num_seeds, data),
        "rows": rows,
        "summary": summarize(rows),
    }


def with_seed(data: ImageTaskData, seed: int) -> ImageTaskData:
    """The same images, drawn in the order of another seed.

    Args:
        data: `ImageTaskData`.
        seed: int >= 0.
    """
    return ImageTaskData(
        data.schema, **data.splits, batch_size=data.batch_size, seed=seed
    )


def _is_of(row: Row, method: str, seed: int) -> bool:
    name, variant = _name_and_variant(method)
    return (row["model"], row["variant"], row["seed"]) == (name, variant, seed)


def _name_and_variant(method: str) -> tuple[str, str | None]:
    """A retrained allocation is a variant of the learned one."""
    return ("learned", method) if method == "retrained" else (method, None)


def _trained(
    method: str,
    config: ExperimentConfig,
    data: ImageTaskData,
    learned: Any,
    folder: Path | None,
) -> Row:
    model = training.new_model(method, config, data.schema, data.seed, learned)
    trained = training.train(model, config, data, folder)
    valid = training.accuracies(model, data, "valid")
    test = training.accuracies(model, data, "test")
    name, variant = _name_and_variant(method)
    probs = getattr(model.allocation, "probs", None)
    return {
        "model": name,
        "variant": variant,
        "seed": data.seed,
        "split_seed": 0,
        "num_trainings": 1,
        "epochs": config.allocation.num_epochs,
        "best_epoch": trained.best_epoch,
        "valid": valid,
        "valid_error": _error(valid),
        "test": test,
        "error": _error(test),
        "train_seconds": trained.seconds,
        "num_parameters": sum(
            int(np.prod(w.shape)) for w in model.trainable_variables
        ),
        "share": float(np.mean(model.allocated)),
        "allocated": np.asarray(model.allocated).tolist(),
        "probs": None if probs is None else np.asarray(probs).tolist(),
        "history": trained.history,
    }


def _error(metrics: dict[str, dict[str, float]]) -> float:
    """Mean over tasks of the share of images that are classified wrongly."""
    return 1.0 - float(np.mean([m["accuracy"] for m in metrics.values()]))


def _protocol(
    config: ExperimentConfig, num_seeds: int, data: ImageTaskData
) -> dict[str, Any]:
    values = dataclasses.asdict(config)
    values["data"]["data_dir"] = None  # a place on one machine
    return {
        "config": values,
        "num_seeds": num_seeds,
        "num_splits": 1,
        "tasks": list(data.schema.task_names),
        "rows": {name: len(split) for name, split in data.splits.items()},
        "selection": "epoch of greatest validation accuracy, mean over tasks; "
        "test read once a training",
        "date": time.strftime("%Y-%m-%d"),
    }


def _line(row: Row) -> str:
    name = row["variant"] or row["model"]
    return (
        f"seed {row['seed']}  {name:14} test error {row['error']:6.2%}  "
        f"valid {row['valid_error']:6.2%}  components {row['share']:4.0%}  "
        f"{row['train_seconds']:.0f} s"
    )
