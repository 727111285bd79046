"""Exports of some tasks: all that these reach, and no more."""

import dataclasses

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import tensorflow as tf
import tiny_models
import toy_data
import toy_roles
from keras import ops

from export import export_model
from export.onnx_structure import unread_parts
from export.serving import Predictor
from mtnas_tf import features
from mtnas_tf import layers
from mtnas_tf.derive import derive_allocation
from mtnas_tf.models import MODELS
from mtnas_tf.models import AllocationNet
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes import RouteSpace

SCHEMA = toy_roles.SCHEMA
ROWS = toy_roles.make_split(9).inputs
SUBSETS = [("buy",), ("click",), ("like",), ("buy", "like"), None]
FORMATS = ("onnx", "saved_model")
# Small, and far from those that it was written for.
NEAR = {"rtol": 1e-5, "atol": 1e-5}


def scattered(model):
    """The model with a table whose rows differ, and towers too."""
    rng = np.random.default_rng(0)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(0, 0.5, weight.shape))
    return model


def own_parts(encoder=None, towers=None):
    body = layers.MMoE(SCHEMA.task_names, num_experts=3, hidden_units=(5,))
    return scattered(MultiTaskModel(SCHEMA, body, encoder, towers))


def towers(cls, **kwargs):
    return own_parts(towers=cls(SCHEMA.tasks, **kwargs))


MODELS_OF_PARTS = {
    "cross": lambda: own_parts(features.CrossEncoder.from_schema(SCHEMA, 4)),
    "attention": lambda: own_parts(
        features.TargetAttentionEncoder.from_schema(SCHEMA, 4)
    ),
    "domain": lambda: own_parts(
        features.EPNetEncoder.from_schema(SCHEMA, 4, gate_units=(2,))
    ),
    "hidden_towers": lambda: towers(layers.Towers, tower_units=(4,)),
    "esmm_towers": lambda: towers(layers.ESMMTowers, tower_units=(4,)),
    "aitm_towers": lambda: towers(layers.AITMTowers, tower_units=(4,)),
    "resflow_towers": lambda: towers(layers.ResFlowTowers, tower_units=(4, 3)),
}


def make(name):
    if name in MODELS_OF_PARTS:
        return MODELS_OF_PARTS[name]()
    return scattered(tiny_models.make_model(name, SCHEMA))


def run_onnx(path):
    session = onnxruntime.InferenceSession(str(path / "model.onnx"))
    feed = {x.name: served(ROWS)[x.name] for x in session.get_inputs()}
    names = [x.name for x in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def run_saved_model(path):
    loaded = tf.saved_model.load(str(path / "saved_model"))
    signature = loaded.signatures["serving_default"]
    _, inputs = signature.structured_input_signature
    feed = {name: tf.constant(served(ROWS)[name]) for name in inputs}
    return {name: y.numpy() for name, y in signature(**feed).items()}


RUN = {"onnx": run_onnx, "saved_model": run_saved_model}


def served(inputs):
    return {**inputs, "ids": inputs["ids"].astype("int64")}


def check(model, path, tasks, formats=FORMATS):
    """Exports some tasks, and compares all formats with the model."""
    out = export_model(model, path, formats=formats, tasks=tasks)
    expected = model(ROWS)
    for name in formats:
        received = RUN[name](out)
        assert set(received) == set(tasks or SCHEMA.task_names)
        for task, values in received.items():
            np.testing.assert_allclose(values, expected[task], **NEAR)
    if "onnx" in formats:
        assert not unread_parts(onnx.load(str(out / "model.onnx")))
    return out


@pytest.mark.parametrize(
    ("name", "tasks"),
    [("ple", ("like",)), ("aitm_towers", ("buy",)), ("mmoe", ("click",))],
)
def test_some_tasks(name, tasks, tmp_path):
    check(make(name), tmp_path / "out", tasks)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("tasks", SUBSETS)
@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.parametrize("name", [*MODELS, *MODELS_OF_PARTS])
def test_every_model_and_subset(name, format_name, tasks, tmp_path):
    check(make(name), tmp_path / "out", tasks, [format_name])


def num_constants(out):
    proto = onnx.load(str(out / "model.onnx"))
    return sum(int(np.prod(x.dims)) for x in proto.graph.initializer)


def num_variables(out):
    loaded = tf.saved_model.load(str(out / "saved_model"))
    return sum(int(np.prod(v.shape)) for v in loaded.read_variables)


@pytest.mark.slow
def test_a_task_keeps_the_tower_that_it_requires(tmp_path):
    model = make("esmm_towers")
    (hidden, output) = model.towers.hidden, model.towers.output_layers
    sizes = {
        task: hidden[task].count_params() + output[task].count_params()
        for task in SCHEMA.task_names
    }
    outs = {
        tasks: check(model, tmp_path / "_".join(tasks), tasks)
        for tasks in (("click",), ("buy",), ("buy", "click"))
    }
    click, buy, both = map(num_variables, outs.values())
    gate = model.body.gates["buy"].count_params()
    assert buy - click == sizes["buy"] + gate  # the gate of `buy` too
    assert both == buy
    total = model.count_params()
    gate = model.body.gates["like"].count_params()
    assert both == total - sizes["like"] - gate


def test_a_table_of_another_task_is_left_out(tmp_path):
    model = make("single_task")
    out = check(model, tmp_path / "out", ("click",))
    table = model.encoder.encoders["click"].table
    assert table.shape[0] * table.shape[1] == SCHEMA.num_buckets * 4
    proto = onnx.load(str(out / "model.onnx"))
    tables = [x for x in proto.graph.initializer if x.dims[:1] == [17]]
    assert len(tables) == 1
    of_task = sum(
        int(np.prod(weight.shape))
        for part in (
            model.encoder.encoders["click"],
            model.body.bodies["click"],
            model.towers.output_layers["click"],
        )
        for weight in part.weights
    )
    assert num_variables(out) == of_task


def test_a_route_keeps_the_sub_networks_of_a_task(tmp_path):
    space = RouteSpace(SCHEMA.task_names, 1, 6)
    route = space.hand_made.disjoint()
    model = scattered(SparseRouteModel(SCHEMA, route, units=5, embedding_dim=4))
    widths = {}
    for tasks in (("click",), None):
        out = check(model, tmp_path / str(tasks), tasks, ["onnx"])
        proto = onnx.load(str(out / "model.onnx"))
        width = model.encoder.units
        kernels = [x for x in proto.graph.initializer if x.dims[:1] == [width]]
        widths[tasks] = max(tensor.dims[1] for tensor in kernels)
    assert widths == {("click",): 2 * 5, None: 6 * 5}


@pytest.mark.parametrize("seed", range(6))
def test_random_routes(seed, tmp_path):
    """Layers of which a task reads none, roots that it does not read."""
    space = RouteSpace(
        SCHEMA.task_names,
        2,
        3,
        value_scope="all_prev",
        num_tables=3,
        has_linear=seed > 2,
    )
    route = space.random_route(np.random.default_rng(seed))
    model = scattered(
        SparseRouteModel(
            SCHEMA,
            route,
            units=4,
            embedding_dim=3,
            normalization=[None, "layer", "batch"][seed % 3],
            stem_units=[None, 5][seed % 2],
            root_query=["features", "stem"][seed // 3],
        )
    )
    for task in SCHEMA.task_names:
        out = check(model, tmp_path / task, (task,), ["onnx"])
        proto = onnx.load(str(out / "model.onnx"))
        tables = [x for x in proto.graph.initializer if x.dims[:1] == [17]]
        assert len(tables) == len(route.roots_of(task))


@keras.saving.register_keras_serializable(package="tests")
class FloatsOfOneTask(keras.layers.Layer):
    """Ids for all tasks but `like`, which reads the floats alone."""

    def build(self, inputs_shape):
        self.table = self.add_weight(shape=(17, 5), name="table")

    def call(self, inputs):
        ids = ops.sum(ops.take(self.table, inputs["ids"][:, :1], 0), axis=1)
        values = ops.tile(inputs["values"], (1, 2))
        roots = dict.fromkeys(SCHEMA.task_names, ids)
        return {**roots, "like": values}


def test_an_input_that_no_task_reads_is_left_out(tmp_path):
    body = layers.SingleTask(SCHEMA.task_names, hidden_units=(4,))
    model = scattered(MultiTaskModel(SCHEMA, body, FloatsOfOneTask()))
    kept = {"click": {"ids"}, "like": {"values"}}
    for task, names in kept.items():
        out = check(model, tmp_path / task, (task,))
        proto = onnx.load(str(out / "model.onnx"))
        assert {x.name for x in proto.graph.input} == names
    row = {
        "user": "u",
        "seen": "a",
        "x": [0.5, 1.0],
        "item": "i",
        "tab": "home",
    }
    predictor = Predictor(tmp_path / "like")
    assert predictor.tasks == ("like",)
    arrays = {"ids": np.zeros((1, 6), int), "values": np.array([[0.5, 1.0]])}
    np.testing.assert_allclose(
        predictor.predict([row])["like"], model(arrays)["like"][:, 0], **NEAR
    )


@pytest.mark.slow
def test_tasks_of_images(tmp_path):
    model = AllocationNet(
        {"latin": 3, "greek": 2},
        (8, 8, 1),
        strides=(2,),
        num_filters=4,
        sharing="random",
        budget=0.4,
    )
    derived = derive_allocation(model)
    images = np.random.default_rng(0).random((3, 8, 8, 1)).astype("float32")
    out = export_model(derived, tmp_path / "out", tasks=["greek"])
    session = onnxruntime.InferenceSession(str(out / "model.onnx"))
    (received,) = session.run(None, {"images": images})
    expected = derived({"images": images})["greek"]
    np.testing.assert_allclose(received, expected, **NEAR)
    alone = derive_allocation(model, ["greek"])
    assert num_variables(out) == alone.count_params()
    assert num_variables(out) < derived.count_params()
    with pytest.raises(ValueError, match="'onnx_raw' for a model of images"):
        export_model(derived, out, formats=["onnx_raw"])
    assert (out / "model.onnx").exists()  # the earlier export


def test_a_condition_on_a_task_that_is_left_out_is_dropped(tmp_path):
    schema = dataclasses.replace(
        toy_data.BINARY_SCHEMA,
        tasks=(
            toy_data.CLICK,
            dataclasses.replace(toy_data.BUY, condition="click"),
        ),
    )
    model = tiny_models.make_model("mmoe", schema)
    out = export_model(model, tmp_path / "out", ("onnx",), tasks=["buy"])
    assert '"condition"' not in (out / "manifest.json").read_text()
