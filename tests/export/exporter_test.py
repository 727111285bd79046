"""The exported files, and what happens when an export fails."""

import os

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
from keras import ops
from tolerances import assert_near
from toy_model import AGE
from toy_model import USER
from toy_model import ToyModel
from toy_model import X
from toy_model import make_model
from toy_model import make_schema

from export import export_model
from export.serving import Predictor
from mtnas_tf.data.task_spec import TaskSpec


def predict(model, arrays):
    arrays = {
        k: x.astype({"ids": "int32"}.get(k, x.dtype)) for k, x in arrays.items()
    }
    return {k: y.numpy() for k, y in model(arrays, training=False).items()}


def sample(num_rows, num_buckets=50):
    rng = np.random.default_rng(num_rows)
    ids = rng.integers(num_buckets, size=(num_rows, 2))
    ids[0] = [0, num_buckets - 1]
    values = rng.normal(size=(num_rows, 4)).astype("float32")
    return {"ids": ids, "values": values}


def load_signature(directory):
    loaded = tf.saved_model.load(str(directory / "saved_model"))
    return loaded, loaded.signatures["serving_default"]


def open_session(directory):
    return onnxruntime.InferenceSession(str(directory / "model.onnx"))


def test_writes_the_files_and_nothing_else(export_dir):
    assert {path.name for path in export_dir.iterdir()} == {
        "model.onnx",
        "saved_model",
        "manifest.json",
    }
    assert [path.name for path in export_dir.parent.iterdir()] == ["toy"]


def test_onnx_signature(export_dir):
    proto = onnx.load(str(export_dir / "model.onnx"))
    session = open_session(export_dir)
    inputs = [(x.name, x.type, x.shape) for x in session.get_inputs()]
    outputs = [(x.name, x.type, x.shape) for x in session.get_outputs()]
    assert inputs == [
        ("ids", "tensor(int64)", ["batch", 2]),
        ("values", "tensor(float)", ["batch", 4]),
    ]
    assert sorted(outputs) == [
        ("click", "tensor(float)", ["batch", 1]),
        ("stars", "tensor(float)", ["batch", 1]),
    ]
    assert [x.version for x in proto.opset_import if x.domain == ""] == [26]


def test_saved_model_signature(export_dir):
    _, signature = load_signature(export_dir)
    inputs = signature.structured_input_signature[1]
    outputs = signature.structured_outputs
    assert {k: (x.dtype, x.shape.as_list()) for k, x in inputs.items()} == {
        "ids": (tf.int64, [None, 2]),
        "values": (tf.float32, [None, 4]),
    }
    assert {k: (x.dtype, x.shape.as_list()) for k, x in outputs.items()} == {
        "click": (tf.float32, [None, 1]),
        "stars": (tf.float32, [None, 1]),
    }


@pytest.mark.parametrize("batch_size", [1, 7, 33])
def test_both_formats_predict_what_the_model_predicts(
    model, export_dir, batch_size
):
    arrays = sample(batch_size)
    expected = predict(model, arrays)
    session = open_session(export_dir)
    names = [x.name for x in session.get_outputs()]
    from_onnx = dict(zip(names, session.run(names, arrays), strict=True))
    _, signature = load_signature(export_dir)
    tensors = {name: tf.constant(x) for name, x in arrays.items()}
    from_saved_model = signature(**tensors)
    for task in ("click", "stars"):
        assert expected[task].shape == (batch_size, 1)
        assert_near(from_onnx[task], expected[task])
        assert_near(from_saved_model[task].numpy(), expected[task])


@pytest.mark.parametrize("bad_id", [-1, 50, 2**32 + 3, -(2**32) + 3])
def test_an_id_outside_the_table_fails_in_both_formats(export_dir, bad_id):
    arrays = sample(3)
    arrays["ids"][1, 0] = bad_id
    with pytest.raises(Exception, match="(?i)indices element out of data"):
        open_session(export_dir).run(None, arrays)
    _, signature = load_signature(export_dir)
    with pytest.raises(tf.errors.InvalidArgumentError, match="not in"):
        signature(**{name: tf.constant(x) for name, x in arrays.items()})


def test_search_and_optimizer_state_stay_behind(tmp_path):
    model = make_model()
    model.compile(keras.optimizers.Adam(0.1), loss="mse")
    arrays = sample(3)
    labels = {"click": np.ones((3, 1)), "stars": np.ones((3, 1))}
    model.fit(arrays, labels, verbose=0)
    export_model(model, tmp_path / "out")
    proto = onnx.load(str(tmp_path / "out/model.onnx"))
    shapes = sorted(tuple(x.dims) for x in proto.graph.initializer)
    weights = [shape for shape in shapes if np.prod(shape) > 2]
    assert weights == [(10, 1), (10, 1), (50, 3)]
    loaded, _ = load_signature(tmp_path / "out")
    saved = sorted(tuple(v.shape) for v in loaded.read_variables)
    assert saved == [(1,), (1,), (10, 1), (10, 1), (50, 3)]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [((USER, AGE), {"ids"}), ((X,), {"values"}), ((X, AGE), {"ids", "values"})],
)
def test_only_inputs_that_a_field_feeds(tmp_path, fields, expected):
    model = make_model(make_schema(fields=fields))
    out = export_model(model, tmp_path / "out")
    assert {x.name for x in open_session(out).get_inputs()} == expected
    _, signature = load_signature(out)
    assert set(signature.structured_input_signature[1]) == expected


def test_task_names_that_tensorflow_would_change(tmp_path):
    names = ["click rate", "Click rate", "weight/0"]
    tasks = tuple(TaskSpec(name=name) for name in names)
    out = export_model(make_model(make_schema(tasks=tasks)), tmp_path / "out")
    assert {x.name for x in open_session(out).get_outputs()} == set(names)


def test_large_table(tmp_path):
    num_buckets = 300_000
    model = make_model(make_schema(num_buckets=num_buckets), units=10)
    out = export_model(model, tmp_path / "out")
    proto = onnx.load(str(out / "model.onnx"))
    assert [x.name for x in proto.graph.input] == ["ids", "values"]
    assert (num_buckets, 10) in {tuple(x.dims) for x in proto.graph.initializer}
    arrays = sample(64, num_buckets)
    received = Predictor(out).predict_ids(**arrays)
    for task, expected in predict(model, arrays).items():
        assert_near(received[task], expected[:, 0])


def test_ids_are_exact_beyond_the_integers_of_float32(tmp_path):
    num_buckets = 2**24 + 3
    model = make_model(make_schema(fields=(USER,), num_buckets=num_buckets), 1)
    out = export_model(model, tmp_path / "out", formats=["onnx"])
    ids = np.array([[num_buckets - 1], [num_buckets - 2]])
    received = Predictor(out).predict_ids(ids)
    expected = predict(model, {"ids": ids})
    assert_near(received["click"], expected["click"][:, 0])


class UnreadWeightModel(ToyModel):
    """Owns a large weight that no prediction reads."""

    def build(self, input_shape):
        super().build(input_shape)
        self.add_weight(shape=(700, 800), name="unread", trainable=False)


def test_large_weight_that_no_prediction_reads_stays_behind(tmp_path):
    model = UnreadWeightModel(make_schema())
    model.build(None)
    out = export_model(model, tmp_path / "out", formats=["onnx"])
    assert (out / "model.onnx").stat().st_size < 20_000


def test_mixed_precision(tmp_path):
    model = ToyModel(make_schema(), dtype="mixed_bfloat16")
    model.build(None)
    with pytest.raises(ValueError, match="`model` must compute in float32"):
        export_model(model, tmp_path / "out")
    assert not list(tmp_path.iterdir())


class Float64Model(ToyModel):
    """Returns float64."""

    def call(self, inputs, training=False):
        predictions = super().call(inputs, training)
        return {k: ops.cast(y, "float64") for k, y in predictions.items()}


def test_outputs_are_float32_whatever_the_model_returns(tmp_path):
    model = Float64Model(make_schema())
    model.build(None)
    out = export_model(model, tmp_path / "out")
    types = {x.type for x in open_session(out).get_outputs()}
    assert types == {"tensor(float)"}


@pytest.mark.parametrize("logit", [-1e3, 1e3])
def test_a_model_that_is_as_sure_as_can_be(tmp_path, logit):
    model = make_model()
    model.towers["click"].bias.assign([logit])
    out = export_model(model, tmp_path / "out")
    inputs = sample(3)
    (clicks,) = open_session(out).run(["click"], inputs)
    assert clicks.tolist() == [[float(logit > 0)]] * 3


class SwishModel(ToyModel):
    """Has an activation whose gradient TensorFlow keeps in a function."""

    def call(self, inputs, training=False):
        inputs = {**inputs, "values": ops.silu(inputs["values"])}
        return super().call(inputs, training)


def test_gradients_stay_behind(tmp_path):
    model = SwishModel(make_schema())
    model.build(None)
    out = export_model(model, tmp_path / "out")
    inputs = sample(3)
    outputs = load_signature(out)[1](
        **{k: tf.constant(x) for k, x in inputs.items()}
    )
    expected = predict(model, inputs)
    for name, y in outputs.items():
        assert_near(y.numpy(), expected[name], num_terms=20)


def test_one_format(model, tmp_path):
    out = export_model(model, tmp_path / "out", formats=["saved_model"])
    assert sorted(os.listdir(out)) == ["manifest.json", "saved_model"]


@pytest.mark.parametrize("formats", [(), ("onnx", "tflite"), "onnx"])
def test_unknown_format(model, tmp_path, formats):
    with pytest.raises(ValueError, match="`formats` must name at least one"):
        export_model(model, tmp_path / "out", formats=formats)
    assert not list(tmp_path.iterdir())


def test_model_without_schema(tmp_path):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    with pytest.raises(TypeError, match="`model` must have an attribute"):
        export_model(model, tmp_path / "out")


def test_model_that_is_not_built(tmp_path):
    with pytest.raises(ValueError, match="`model` must be built"):
        export_model(ToyModel(make_schema()), tmp_path / "out")
    assert not list(tmp_path.iterdir())


class TensorModel(ToyModel):
    """Returns a tensor where a dict of tasks is due."""

    def call(self, inputs, training=False):
        return super().call(inputs, training)["click"]


class OtherTaskModel(ToyModel):
    """Returns a task that its schema lacks."""

    def call(self, inputs, training=False):
        return {"buy": super().call(inputs, training)["click"]}


@pytest.mark.parametrize(
    ("model_class", "received"),
    [(TensorModel, "SymbolicTensor"), (OtherTaskModel, "'buy'")],
)
def test_model_without_its_tasks(tmp_path, model_class, received):
    model = model_class(make_schema())
    model.build(None)
    with pytest.raises(ValueError, match=f"dict with the tasks.*{received}"):
        export_model(model, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_replaces_an_earlier_export_as_a_whole(model, tmp_path):
    out = export_model(model, tmp_path / "out", formats=["saved_model"])
    export_model(model, out, formats=["onnx"])
    assert sorted(os.listdir(out)) == ["manifest.json", "model.onnx"]
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_creates_parents(model, tmp_path):
    out = tmp_path / "a/b/out"
    assert export_model(model, str(out), formats=["saved_model"]) == out
    assert (out / "manifest.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_refuses_a_directory_with_other_files(model, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileExistsError, match="`directory` must be new"):
        export_model(model, tmp_path)
    with pytest.raises(FileExistsError, match="notes.txt"):
        export_model(model, tmp_path / "notes.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_is_quiet(model, tmp_path, caplog):
    caplog.set_level("INFO")
    export_model(model, tmp_path / "out")
    assert not caplog.records
