"""Training of `mtnas_tf`'s MMoE: `fit` on `MultiTaskData`.

One table for all fields, exact sparse Adam, XLA. Variants: `"plain"`: no
normalization, as most peers; `"defaults"`: with the layer normalization of
experts that is the default.
"""

from collections.abc import Callable
from typing import Any

import keras

import mtnas_tf as mt
from benchmarks.step_clock import StepClock
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("mtnas_tf", "keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    data = _data(workload)
    batches = data.train
    model = mt.models.MMoE(
        data.schema,
        num_experts=workload.num_experts,
        units=workload.units,
        embedding_dim=workload.embedding_dim,
        normalization=None if config["variant"] == "plain" else "layer",
    )
    model.compile(mt.optimizers.SparseAdam(workload.learning_rate))
    clock = StepClock(workload.batch_size, data.steps_per_epoch)
    on_step = keras.callbacks.LambdaCallback(on_train_batch_end=clock.tick)

    def train(steps: int) -> None:
        model.fit(
            batches, steps_per_epoch=steps, verbose=0, callbacks=[on_step]
        )

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def _data(workload: Workload) -> mt.data.MultiTaskData:
    schema = mt.data.DatasetSchema(
        name="random",
        fields=tuple(
            mt.data.FieldSpec(name=name) for name in workload.field_names
        ),
        tasks=tuple(mt.data.TaskSpec(name=task) for task in TASKS),
        num_buckets=workload.num_rows,
    )
    split = mt.data.Split(
        {"ids": workload.shared_ids},
        {
            task: workload.labels[:, index : index + 1]
            for index, task in enumerate(TASKS)
        },
    )
    return mt.data.MultiTaskData(
        schema, split, split, split, batch_size=workload.batch_size
    )
