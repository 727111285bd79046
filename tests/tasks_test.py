"""Every kind of task, and one that the project does not have."""

from pkgutil import resolve_name

import keras
import numpy as np
import onnxruntime
import pytest
import toy_data
from keras import ops
from tolerances import assert_near

from export import export_model
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import MultiTaskData
from mtnas_tf.data import TaskSpec
from mtnas_tf.losses.masked_loss import MaskedLoss
from mtnas_tf.metrics import evaluate_task
from mtnas_tf.metrics.observed_rows import observed_rows
from mtnas_tf.models import MMoE
from mtnas_tf.search import auc_sum
from mtnas_tf.search import validation_score
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.tasks import TaskKind

SPECS = {
    "binary": TaskSpec(name="t"),
    "regression": TaskSpec(name="t", kind="regression", mean=1.0, scale=2.0),
    "multiclass": TaskSpec(name="t", kind="multiclass", num_classes=3),
}


def test_every_kind_is_tested():
    assert set(SPECS) == set(TASK_KINDS)


@pytest.mark.parametrize("kind", TASK_KINDS)
def test_a_row_is_coherent(kind):
    row, task = TASK_KINDS[kind], SPECS[kind]
    assert {row.loss_metric, row.score_metric} <= set(row.metrics)
    assert issubclass(resolve_name(row.loss), MaskedLoss)
    assert callable(resolve_name(row.activation))
    predictions = np.full((2, task.num_outputs), 1 / 4)
    found = evaluate_task(task, [0.0, 1.0], predictions)
    assert tuple(found) == row.metrics


@pytest.mark.parametrize(
    ("kind", "labels", "others"),
    [
        ("binary", [0, 1], [-1, 0.3, 2, np.inf]),
        ("regression", [-3e38, 0, 0.3], [1e39, np.inf, -np.inf]),
        ("multiclass", [0, 1, 2], [-1, 0.3, 3, np.inf]),
    ],
)
def test_labels_of_a_kind(kind, labels, others):
    task = SPECS[kind]
    assert task.are_labels(np.array([*labels, np.nan])).all()
    assert not task.are_labels(np.array(others)).any()


class MaskedPoisson(MaskedLoss):
    """Loss of the logarithm of a rate: `exp(z) - y z`."""

    def call(self, y_true, y_pred):
        return y_pred - y_true * ops.log(y_pred)

    def of_tower_outputs(self, y_true, outputs):
        return ops.exp(outputs) - y_true * outputs


def count_metrics(task, labels, predictions, weights=None):
    labels, rates, weights = observed_rows(labels, predictions, weights)
    losses = rates - labels * np.log(rates)
    return {"poisson": float(np.average(losses, weights=weights))}


COUNT = TaskKind(
    labels="whole numbers of at least 0",
    is_label=lambda labels, num_classes: (labels >= 0) & (labels % 1 == 0),
    activation="keras.ops:exp",
    onnx_activation="Exp",
    loss=f"{__name__}:MaskedPoisson",
    evaluate=f"{__name__}:count_metrics",
    metrics=("poisson",),
    loss_metric="poisson",
    score_metric="poisson",
    score_sign=-1,
)


@pytest.fixture
def schema(monkeypatch):
    monkeypatch.setitem(TASK_KINDS, "count", COUNT)
    return DatasetSchema(
        name="toy",
        fields=toy_data.SCHEMA.fields,
        tasks=(toy_data.CLICK, TaskSpec(name="visits", kind="count")),
        num_buckets=toy_data.NUM_BUCKETS,
    )


def count_split(schema, num_rows, seed):
    split = toy_data.make_split(num_rows, schema, seed)
    visits = np.maximum(0, np.round(split.labels["visits"]))
    visits[1] = np.nan
    split.labels["visits"] = visits.astype("float32")
    return split


@pytest.mark.slow
def test_a_new_kind_is_one_row(schema, tmp_path):
    splits = [count_split(schema, 23 - i, seed=i) for i in range(3)]
    data = MultiTaskData(schema, *splits, batch_size=5)
    model = MMoE(schema, hidden_units=(3,))
    model.compile(optimizer=keras.optimizers.Adam(0.05))
    losses = model.fit(data.train, epochs=8, verbose=0).history["visits_loss"]
    assert losses[-1] < losses[0]

    logs = model.evaluate(data.test, return_dict=True)
    metrics = model.evaluate_by_task(data.test)
    labels, rates, _ = model.collect(data.test)
    expected = count_metrics(None, labels["visits"], rates["visits"])
    assert_near(metrics["visits"]["poisson"], expected["poisson"])
    assert logs["visits_poisson"] == metrics["visits"]["poisson"]
    loss = metrics["click"]["log_loss"] + metrics["visits"]["poisson"]
    assert_near(logs["loss"], loss)
    score = metrics["click"]["auc"] - metrics["visits"]["poisson"]
    assert_near(validation_score(schema.tasks, metrics), score)

    manifest = export_model(model, tmp_path / "out")
    assert manifest
    session = onnxruntime.InferenceSession(str(tmp_path / "out/model.onnx"))
    inputs = dict(splits[2].inputs)
    inputs["ids"] = inputs["ids"].astype("int64")
    (served,) = session.run(["visits"], inputs)
    assert_near(served, rates["visits"])


def test_a_new_kind_is_rewarded_by_its_loss(schema):
    labels = {name: np.array([0, 1, 1], "f") for name in schema.task_names}
    logits = {
        name: np.array([[0, 1, 2], [2, 1, 0]], "f")
        for name in schema.task_names
    }
    rewards, is_defined = auc_sum(schema.tasks, labels, logits)
    assert is_defined.numpy().all()
    expected = [
        -np.mean(np.exp(z) - labels["visits"] * z) for z in logits["visits"]
    ]
    assert_near(rewards, [[1.0, 0.0], expected])


def test_labels_of_a_new_kind_are_checked(schema):
    split = count_split(schema, 7, seed=0)
    split.labels["visits"][3] = 0.5
    message = "'visits' must be whole numbers of at least 0, or NaN"
    with pytest.raises(ValueError, match=message):
        split.check(schema)
