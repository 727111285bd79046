"""Training of an MMoE written in plain Keras: `fit` on arrays in memory.

One table for all fields, all experts in one dense layer, Keras's own Adam,
whose step visits every row of the table. Variants: `"defaults"`, and `"tuned"`:
`jit_compile=True`, Keras's best setting here; its Adam has no sparse one.
"""

from collections.abc import Callable
from typing import Any

import keras
from keras import layers

from benchmarks.mmoe_shape import MMoEShape
from benchmarks.step_clock import StepClock
from benchmarks.workload import TASKS
from benchmarks.workload import Workload

PACKAGES = ("keras", "tensorflow", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """The model, trained for a moment."""
    workload = Workload(**config["workload"])
    model = mmoe(workload.shape)
    model.compile(
        keras.optimizers.Adam(workload.learning_rate),
        loss="binary_crossentropy",
        jit_compile=True if config["variant"] == "tuned" else "auto",
    )
    ids = workload.shared_ids
    labels = {
        task: workload.labels[:, index] for index, task in enumerate(TASKS)
    }
    clock = StepClock(
        workload.batch_size, workload.num_examples // workload.batch_size
    )
    on_step = keras.callbacks.LambdaCallback(on_train_batch_end=clock.tick)

    def train(steps: int) -> None:
        model.fit(
            ids,
            labels,
            batch_size=workload.batch_size,
            steps_per_epoch=steps,
            verbose=0,
            callbacks=[on_step],
        )

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def mmoe(shape: MMoEShape) -> keras.Model:
    """The untrained model."""
    experts_shape = (shape.num_experts, shape.units)
    ids = keras.Input((len(shape.tables),), dtype="int32")
    embedding = layers.Embedding(
        sum(shape.tables.values()), shape.embedding_dim
    )
    features = layers.Flatten()(embedding(ids))
    hidden = layers.Dense(shape.num_experts * shape.units, activation="relu")(
        features
    )
    experts = layers.Reshape(experts_shape)(hidden)
    outputs = {}
    for task in shape.tasks:
        gate = layers.Dense(shape.num_experts, activation="softmax")
        mix = layers.Dot(axes=(1, 1))([gate(features), experts])
        tower = layers.Dense(1, activation="sigmoid", name=task)
        outputs[task] = tower(mix)
    return keras.Model(ids, outputs)
