"""Encoder, sharing body and towers may each be a user's own."""

import checks
import keras
import numpy as np
import pytest
import toy_data
from keras import ops

from mtnas_tf.layers import SharedBottom
from mtnas_tf.layers import Towers
from mtnas_tf.models import MODELS
from mtnas_tf.models import MultiTaskModel

SCHEMA = toy_data.BINARY_SCHEMA
TASKS = SCHEMA.task_names
SPLIT = toy_data.make_split(10, SCHEMA)


@keras.saving.register_keras_serializable(package="tests")
class SumEncoder(keras.layers.Layer):
    """Adds up embeddings; the values are left out."""

    def __init__(self, num_buckets, units=4, **kwargs):
        super().__init__(**kwargs)
        self.table = keras.layers.Embedding(num_buckets, units)

    def build(self, input_shape):
        self.table.build(input_shape["ids"])

    def call(self, inputs):
        return ops.sum(self.table(inputs["ids"]), axis=1)


@keras.saving.register_keras_serializable(package="tests")
class TwoWidths(keras.layers.Layer):
    """A dense layer a task, of another width each; sees no `training`."""

    def __init__(self, tasks, **kwargs):
        super().__init__(**kwargs)
        self.dense = {
            task: keras.layers.Dense(3 + index, activation="relu")
            for index, task in enumerate(tasks)
        }

    def build(self, root_shape):
        for layer in self.dense.values():
            layer.build(root_shape)

    def call(self, root):
        return {task: layer(root) for task, layer in self.dense.items()}


@keras.saving.register_keras_serializable(package="tests")
class SigmoidTowers(keras.layers.Layer):
    """Plain Keras: dense layers that end with a sigmoid."""

    def __init__(self, tasks, **kwargs):
        super().__init__(**kwargs)
        self.dense = {
            task: keras.layers.Dense(1, activation="sigmoid") for task in tasks
        }

    def build(self, shapes):
        for task, layer in self.dense.items():
            layer.build(shapes[task])

    def call(self, representations):
        return {
            task: layer(representations[task])
            for task, layer in self.dense.items()
        }


def make(**kwargs):
    keras.utils.set_random_seed(0)
    return MultiTaskModel(
        SCHEMA,
        TwoWidths(TASKS),
        SumEncoder(SCHEMA.num_buckets),
        SigmoidTowers(TASKS),
        **kwargs,
    )


def test_parts_of_a_user_s_own(tmp_path):
    checks.check_model(make, SPLIT.inputs, SPLIT.labels, path=tmp_path)


@pytest.mark.slow
def test_xla_trains_parts_of_a_user_s_own(tmp_path):
    checks.check_training(make, SPLIT.inputs, SPLIT.labels, path=tmp_path)


@pytest.mark.parametrize("part", ["encoder", "body", "towers"])
def test_one_part_of_a_user_s_own(part):
    parts = {"encoder": None, "body": SharedBottom(TASKS), "towers": None}
    parts[part] = getattr(make(), part)
    if part == "towers":
        parts[part] = SigmoidTowers(TASKS)
    if part == "body":
        parts[part] = TwoWidths(TASKS)
    model = MultiTaskModel(SCHEMA, **parts)
    outputs = checks.to_numpy(model(SPLIT.inputs))
    assert {k: v.shape for k, v in outputs.items()} == dict.fromkeys(
        TASKS, (10, 1)
    )


def test_losses_take_the_logits_of_towers_that_end_with_a_sigmoid():
    model = make()
    for layer in model.towers.dense.values():
        layer.kernel.assign(ops.zeros_like(layer.kernel))
        layer.bias.assign([90.0])  # 1 in float32, and no slope
    model.compile(
        keras.optimizers.SGD(1.0), run_eagerly=True, jit_compile=False
    )
    labels = {task: np.zeros((10, 1), "f") for task in TASKS}
    logs = model.train_on_batch(SPLIT.inputs, labels, return_dict=True)
    assert logs["loss"] == pytest.approx(2 * 90)
    for layer in model.towers.dense.values():
        assert float(layer.bias[0]) == pytest.approx(89)


@keras.saving.register_keras_serializable(package="tests")
class OneTaskOnly(keras.layers.Layer):
    """Forgets all tasks but one."""

    def call(self, values):
        first = next(iter(values.values())) if type(values) is dict else values
        return {TASKS[0]: first}


@keras.saving.register_keras_serializable(package="tests")
class NoDict(keras.layers.Layer):
    """Gives what it gets, whatever the tasks."""

    def call(self, values):
        return values


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"body": OneTaskOnly()}, r"`body` must return.*\['click'\]"),
        ({"body": NoDict()}, "`body` must return a dict"),
        (
            {"body": SharedBottom(TASKS), "towers": OneTaskOnly()},
            r"`towers` must return.*'buy'.*\['click'\]",
        ),
        ({"body": SharedBottom}, "`body` must be a `Layer`"),
    ],
)
def test_a_part_that_forgets_a_task_is_named(parts, message):
    with pytest.raises(ValueError, match=message):
        MultiTaskModel(SCHEMA, **parts)


def test_towers_of_the_schema_are_the_default():
    model = MultiTaskModel(SCHEMA, SharedBottom(TASKS, hidden_units=(3,)))
    assert isinstance(model.towers, Towers)
    assert model.towers.tasks == SCHEMA.tasks
    assert model.summary() is None


@pytest.mark.parametrize("name", MODELS)
def test_a_model_of_an_earlier_version_says_what_to_do(name):
    config = {"name": name, "schema": SCHEMA.to_dict(), "units": 64}
    with pytest.raises(ValueError, match=r"before models were.*\(0.1.0 in dev"):
        MODELS[name].from_config(config)
