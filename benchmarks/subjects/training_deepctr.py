"""Training of DeepCTR's MMoE (legacy Keras): `fit` on arrays in memory.

A table per field, no bias in the towers and gates. Regularization is off, as
everywhere. Variants:

- `"defaults"`: Adam. DeepCTR regularizes its tables even with strength 0, so
  their gradients are dense.
- `"tuned"`: DeepCTR documents no sparse setting, and legacy Keras has no sparse
  Adam. This is what comes closest: no regularizer and the legacy Adagrad,
  another algorithm, whose step visits the batch's rows only.
"""

from collections.abc import Callable
from typing import Any

import deepctr.inputs
import tensorflow as tf
from deepctr.feature_column import SparseFeat
from deepctr.models import MMOE

from benchmarks.mmoe_shape import MMoEShape
from benchmarks.step_clock import StepClock
from benchmarks.workload import Workload

PACKAGES = ("deepctr", "tensorflow-cpu", "keras", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    optimizer = tf.keras.optimizers.Adam(workload.learning_rate)
    if config["variant"] == "tuned":
        deepctr.inputs.l2 = lambda strength: None
        optimizer = tf.keras.optimizers.legacy.Adagrad(workload.learning_rate)
    model = mmoe(workload.shape, l2_reg_embedding=0)
    model.compile(optimizer, loss="binary_crossentropy")
    inputs = dict(zip(workload.field_names, workload.ids.T, strict=True))
    labels = list(workload.labels.T)
    clock = StepClock(
        workload.batch_size, workload.num_examples // workload.batch_size
    )
    on_step = tf.keras.callbacks.LambdaCallback(on_batch_end=clock.tick)

    def train(steps: int) -> None:
        model.fit(
            inputs,
            labels,
            batch_size=workload.batch_size,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=[on_step],
        )

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def mmoe(shape: MMoEShape, **options: Any) -> Any:
    """The untrained model; `options` are passed to the library's."""
    columns = [
        SparseFeat(name, rows, shape.embedding_dim)
        for name, rows in shape.tables.items()
    ]
    return MMOE(
        columns,
        num_experts=shape.num_experts,
        expert_dnn_hidden_units=(shape.units,),
        tower_dnn_hidden_units=(),
        task_types=["binary"] * len(shape.tasks),
        task_names=shape.tasks,
        **options,
    )
