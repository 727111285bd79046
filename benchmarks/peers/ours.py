"""`mtnas_tf`'s own MMoE and networks, as the peers' are used.

One table for all fields, exact sparse Adam, XLA. Variants of a step:
`"plain"`: no normalization, as most peers; `"defaults"`: with the layer
normalization of experts and the batch normalization of gates that are the
defaults.

Whole trainings follow the config of Book-Crossing, but that all epochs are
trained. Options: `recipe`, the base net's, see
`mtnas_tf.experiment.comparison.recipes`; `is_hashed`: all fields share the
hashed rows of one table, as they do by default, and collide; otherwise each has
rows of its own, as with the other libraries.

The files are of networks of two tasks and layers of four sub-networks without
normalization, as in other libraries; `derived_layer_norm` has the defaults'.
"""

import dataclasses
import pathlib
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

import mtnas_tf as mt
from benchmarks.harness.fit_rounds import fit_rounds
from benchmarks.harness.step_clock import StepClock
from benchmarks.peers.exported_data import SPLITS
from benchmarks.peers.exported_data import ExportedData
from benchmarks.peers.trial import EVALUATED
from benchmarks.peers.trial import Trial
from benchmarks.peers.trial import seeded_rounds
from benchmarks.serving.routes import FOUND
from benchmarks.serving.routes import SPARSE
from benchmarks.workload import Workload
from benchmarks.workload_models import new_data
from benchmarks.workload_models import new_model
from benchmarks.workload_models import new_schema
from configs.book_crossing import get_config
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.recipes import with_recipe

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def step_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment; a round is some more steps."""
    workload = Workload(**config["workload"])
    is_plain = config["variant"] == "plain"
    data = new_data(workload)
    model = new_model(
        "mmoe",
        workload,
        normalization=None if is_plain else "layer",
        gate_normalization=None if is_plain else "batch",
    )
    model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    return fit_rounds(model, data.train, clock)


def training_rounds(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """Trains with the next seed at every call."""
    return seeded_rounds(Trial.from_config(config), _train)


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes ONNX files, and a SavedModel and `model.keras` of `derived`.

    Returns:
        `derived_weight_bytes`: what its weights take in float32.
    """
    # Not at the top: training does without it, and its memory.
    from export import export_model

    keras.utils.set_random_seed(0)
    derived = _route_network(workload, SPARSE)
    formats = ("onnx", "saved_model")
    export_model(derived, directory / "derived", formats)
    derived.save(directory / "derived.keras")
    for precision in ("float16", "int8"):
        target = directory / f"derived_{precision}"
        export_model(derived, target, ("onnx",), precision)
    others = {
        "derived_layer_norm": _route_network(
            workload,
            SPARSE,
            normalization="layer",
            gate_normalization="batch",
        ),
        "found": _route_network(workload, FOUND),
        "ml_mmoe": _hand_made(workload, mt.models.MLMMoE),
        "mmoe": _hand_made(workload, mt.models.MMoE),
    }
    for name, model in others.items():
        export_model(model, directory / name, ("onnx",))
    return {"derived_weight_bytes": 4 * derived.count_params()}


def _train(trial: Trial, seed: int) -> int:
    config = _config(trial, seed)
    data = _data(trial, config)
    model = building.build_model("mmoe", config, data.schema)
    writer = _PredictionWriter(trial, seed, data)
    runner.train(model, config, data, [writer], verbose=0)
    return building.count_parameters(model)["dense"]


def _config(trial: Trial, seed: int) -> ExperimentConfig:
    config = with_recipe(get_config(), trial.options["recipe"])
    config = with_section(config, "data", batch_size=trial.batch_size)
    config = with_section(
        config,
        "optim",
        epochs=trial.epochs,
        patience=trial.epochs,
        learning_rate=trial.learning_rate,
    )
    return dataclasses.replace(config, seed=seed)


def _data(trial: Trial, config: ExperimentConfig) -> mt.data.MultiTaskData:
    exported = trial.data
    is_hashed = trial.options.get("is_hashed", False)
    ids = exported.ids if is_hashed else exported.separate_ids
    num_rows = sum(exported.shape.tables.values())
    schema = mt.data.DatasetSchema(
        name=config.data.name,
        fields=tuple(mt.data.FieldSpec(name=n) for n in exported.fields),
        tasks=tuple(mt.data.TaskSpec(name=task) for task in exported.tasks),
        num_buckets=exported.num_buckets if is_hashed else num_rows,
    )
    train, valid, test = (_split(exported, ids[name], name) for name in SPLITS)
    return mt.data.MultiTaskData(
        schema,
        train,
        valid,
        test,
        batch_size=config.data.batch_size,
        seed=config.seed,
    )


def _split(exported: ExportedData, ids: np.ndarray, name: str) -> mt.data.Split:
    labels = exported.labels[name]
    return mt.data.Split(
        {"ids": ids},
        {
            task: labels[:, index : index + 1]
            for index, task in enumerate(exported.tasks)
        },
    )


class _PredictionWriter(keras.callbacks.Callback):
    """Writes predictions at the end of every epoch."""

    def __init__(
        self, trial: Trial, seed: int, data: mt.data.MultiTaskData
    ) -> None:
        super().__init__()
        self.trial = trial
        self.seed = seed
        self.data = data

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        predictions = {
            s: self._predict(getattr(self.data, s)) for s in EVALUATED
        }
        self.trial.write(self.seed, epoch, predictions)

    def _predict(self, rows: Any) -> Any:
        by_task = self.model.predict(rows, verbose=0)
        tasks = self.data.schema.task_names
        return np.concatenate([by_task[task] for task in tasks], axis=1)


def _route_network(
    workload: Workload, route: mt.routes.Route, **kwargs: Any
) -> keras.Model:
    return _network(
        workload,
        mt.models.SparseRouteModel,
        route=route,
        units=workload.units,
        **kwargs,
    )


def _hand_made(workload: Workload, model_class: Any) -> keras.Model:
    return _network(
        workload,
        model_class,
        num_experts=workload.num_experts,
        hidden_units=(workload.units,),
    )


def _network(
    workload: Workload, model_class: Any, **kwargs: Any
) -> keras.Model:
    plain = {"normalization": None, "gate_normalization": None}
    kwargs = plain | kwargs
    return model_class(
        new_schema(workload),
        embedding_dim=workload.embedding_dim,
        table_initializer=keras.initializers.RandomNormal(stddev=0.05),
        **kwargs,
    )
