"""A small model under the contract of all models, to be exported in tests."""

import keras
import numpy as np
from keras import ops

from mtnas_preprocessing import FieldSpec
from mtnas_tf.data.schema import DatasetSchema
from mtnas_tf.data.task_spec import TaskSpec

USER = FieldSpec(name="user")
AGE = FieldSpec(name="age", kind="integer")
X = FieldSpec(name="x", kind="vector", size=4)
ACTIVATIONS = {"binary": "sigmoid", "multiclass": "softmax"}
COLOR = TaskSpec(name="color", kind="multiclass", num_classes=3)
TASKS = (TaskSpec(name="click"), TaskSpec(name="stars", kind="regression"))


def make_schema(fields=(USER, X, AGE), tasks=TASKS, num_buckets=50):
    return DatasetSchema(
        name="toy", fields=fields, tasks=tasks, num_buckets=num_buckets
    )


class ToyModel(keras.Model):
    """One dense layer per task on embeddings and values."""

    def __init__(self, schema, units=3, **kwargs):
        super().__init__(**kwargs)
        self.schema = schema
        self.num_ids = len(schema.preprocessor.id_fields)
        self.num_features = (
            self.num_ids * units + schema.preprocessor.num_values
        )
        self.table = keras.layers.Embedding(schema.num_buckets, units)
        self.dropout = keras.layers.Dropout(0.5)
        self.towers = {
            task.name: keras.layers.Dense(
                task.num_outputs, ACTIVATIONS.get(task.kind)
            )
            for task in schema.tasks
        }
        # Stands for the state of a search: no prediction reads it.
        self.route_logits = self.add_weight(
            shape=(11,), name="route_logits", trainable=False
        )

    def build(self, input_shape):
        self.table.build((None, self.num_ids))
        for tower in self.towers.values():
            tower.build((None, self.num_features))

    def call(self, inputs, training=False):
        parts = []
        if "ids" in inputs:
            rows = self.table(inputs["ids"])
            parts.append(ops.reshape(rows, (-1, rows.shape[1] * rows.shape[2])))
        if "values" in inputs:
            parts.append(inputs["values"])
        features = self.dropout(
            ops.concatenate(parts, axis=1), training=training
        )
        return {name: tower(features) for name, tower in self.towers.items()}


def make_model(schema=None, units=3):
    keras.utils.set_random_seed(5)
    model = ToyModel(schema or make_schema(), units)
    # Rows far apart, so that a wrong lookup shows.
    model.build(None)
    model.table.set_weights([model.table.get_weights()[0] * 20])
    return model


def scattered(model, inputs):
    """The model, built, with a value of its own for every weight.

    Args:
        inputs: ids and values of a few rows.
    """
    model(inputs)
    rng = np.random.default_rng(0)
    for weight in model.weights:
        if "variance" not in weight.path:
            weight.assign(rng.normal(size=weight.shape))
    return model
