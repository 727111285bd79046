"""The directly written graphs of the library's networks."""

import collections
import dataclasses

import keras
import numpy as np
import onnx
import onnxruntime
import pytest
import toy_data
from tolerances import assert_near
from toy_data import BINARY_SCHEMA
from toy_data import CLASS_SCHEMA
from toy_data import NUM_BUCKETS
from toy_data import SCHEMA
from toy_model import make_model

from export import export_model
from export.onnx_model import load_onnx
from export.route_graph import is_known
from export.route_graph import route_graph
from export.spec import ExportSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import RootEncoders
from mtnas_tf.models import CGC
from mtnas_tf.models import PLE
from mtnas_tf.models import MLMMoE
from mtnas_tf.models import MMoE
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SharedBottom
from mtnas_tf.models import SingleTask
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace

ROUTE = Route(
    2,
    4,
    {
        "s5": BlockRoute(("s1", "s2"), "root"),
        "s6": BlockRoute(("s2",)),
        "s7": BlockRoute(("s1", "s2", "s3"), "s3"),
        "s8": BlockRoute(("s4",)),  # no task depends on it
        "click": BlockRoute(("s5", "s7"), "s6"),
        "stars": BlockRoute(("s6",)),
    },
)
SINGLE_ROUTE = Route(
    2,
    2,
    {
        "s3": BlockRoute(("s2",)),
        "s4": BlockRoute(("s1",)),
        "click": BlockRoute(("s3",)),
        "stars": BlockRoute(("s4",)),
    },
)
IDS_ONLY = dataclasses.replace(
    SCHEMA, fields=tuple(f for f in SCHEMA.fields if f.kind != "vector")
)
VALUES_ONLY = dataclasses.replace(
    SCHEMA.without_roles,
    fields=tuple(f for f in SCHEMA.fields if f.kind == "vector"),
)
COLOR = TaskSpec(name="color", kind="multiclass", num_classes=5)
CLASSES = dataclasses.replace(
    SCHEMA, tasks=(toy_data.STARS, COLOR, toy_data.CLICK)
)
ONLY_CLASSES = dataclasses.replace(
    SCHEMA, tasks=(COLOR, dataclasses.replace(COLOR, name="shade"))
)
ONE_TASK = dataclasses.replace(SCHEMA, tasks=(toy_data.STARS,))
SIZES = {"units": 4, "embedding_dim": 3}
HAND_MADE = {"hidden_units": (4,), "embedding_dim": 3}


def scatter(model):
    """Gives every weight a value of either sign; variances stay positive."""
    rng = np.random.default_rng(0)
    for weight in model.weights:
        values = rng.normal(size=weight.shape)
        if "variance" in weight.path:
            values = np.abs(values) + 0.1
        weight.assign(values)
    return model


def sample(schema, num_rows):
    inputs = toy_data.make_split(max(num_rows, 2)).inputs
    inputs["ids"][:2] = [[0], [NUM_BUCKETS - 1]]
    preprocessor = schema.preprocessor
    widths = {
        "ids": len(preprocessor.id_fields),
        "values": preprocessor.num_values,
    }
    return {
        name: inputs[name][:num_rows, :width]
        for name, width in widths.items()
        if width
    }


def predict(proto, inputs):
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    feed = {
        name: x.astype("int64") if name == "ids" else x
        for name, x in inputs.items()
    }
    names = [x.name for x in session.get_outputs()]
    return dict(zip(names, session.run(names, feed), strict=True))


def check_parity(model, batch_sizes=(0, 1, 5)):
    """The graph, if it predicts what the model predicts."""
    proto = route_graph(model, ExportSpec.from_model(model)).proto
    onnx.checker.check_model(proto, full_check=True)
    for num_rows in batch_sizes:
        inputs = sample(model.schema, num_rows)
        received = predict(proto, inputs)
        assert list(received) == list(model.schema.task_names)
        if num_rows == 0:
            shapes = {name: x.shape for name, x in received.items()}
            assert shapes == {
                name: (0, size)
                for name, size in model.schema.num_outputs.items()
            }
            continue
        for task, expected in model(inputs).items():
            # As the exporter promises: relative to predictions above 1.
            scale = max(1.0, np.abs(expected).max())
            assert_near(received[task], expected, scale=scale)
    return proto


def operations(proto):
    return collections.Counter(node.op_type for node in proto.graph.node)


def shapes(proto):
    return sorted(tuple(x.dims) for x in proto.graph.initializer)


NETWORKS = {
    "route": lambda **kw: SparseRouteModel(SCHEMA, ROUTE, **SIZES, **kw),
    "singles": lambda **kw: SparseRouteModel(
        SCHEMA, SINGLE_ROUTE, **SIZES, **kw
    ),
    "ml_mmoe": lambda **kw: MLMMoE(
        BINARY_SCHEMA, num_layers=3, num_experts=2, **HAND_MADE, **kw
    ),
    "cgc": lambda **kw: CGC(SCHEMA, 2, 1, **HAND_MADE, **kw),
    "mmoe": lambda **kw: MMoE(SCHEMA, num_experts=3, **HAND_MADE, **kw),
    "shared_bottom": lambda **kw: SharedBottom(
        SCHEMA, hidden_units=(4, 6), embedding_dim=3, **kw
    ),
    "single_task": lambda **kw: SingleTask(SCHEMA, **HAND_MADE, **kw),
    "ids_only": lambda **kw: MMoE(IDS_ONLY, num_experts=2, **HAND_MADE, **kw),
    "values_only": lambda **kw: MMoE(
        VALUES_ONLY, num_experts=2, **HAND_MADE, **kw
    ),
    "class_route": lambda **kw: SparseRouteModel(
        CLASS_SCHEMA, ROUTE, **SIZES, **kw
    ),
    "class_singles": lambda **kw: SparseRouteModel(
        CLASS_SCHEMA, SINGLE_ROUTE, **SIZES, **kw
    ),
    "class_single_task": lambda **kw: SingleTask(CLASSES, **HAND_MADE, **kw),
    "classes": lambda **kw: CGC(CLASSES, 1, 1, **HAND_MADE, **kw),
    "only_classes": lambda **kw: MMoE(
        ONLY_CLASSES, num_experts=2, **HAND_MADE, **kw
    ),
    "one_task": lambda **kw: MMoE(ONE_TASK, num_experts=2, **HAND_MADE, **kw),
}


SHAPES = [
    (stem_units, normalization)
    for normalization in (None, "layer", "batch")
    for stem_units in (None, 5)
]


# Every shape of two networks, and two of the others.
@pytest.mark.parametrize(
    ("network", "stem_units", "normalization"),
    [
        (network, *shape)
        for network in NETWORKS
        for shape in (
            SHAPES
            if network in ("route", "class_single_task")
            else [(5, "layer"), (None, "batch")]
        )
    ],
)
def test_parity(network, stem_units, normalization):
    make = NETWORKS[network]
    model = make(stem_units=stem_units, normalization=normalization)
    assert is_known(model)
    check_parity(scatter(model))


@pytest.mark.parametrize("seed", range(8))
def test_random_routes(seed):
    space = RouteSpace(
        SCHEMA.task_names,
        3,
        3,
        query_scope="all_prev",
        value_scope=["prev", "all_prev"][seed // 4],
    )
    model = SparseRouteModel(
        SCHEMA,
        space.random_route(np.random.default_rng(seed)),
        **SIZES,
        normalization=[None, "layer", "batch"][seed % 3],
        stem_units=5,
        root_query=["features", "stem"][seed % 2],
    )
    check_parity(scatter(model), batch_sizes=(5,))


@pytest.mark.parametrize("seed", range(6))
def test_routes_of_unequal_sub_networks(seed):
    space = RouteSpace(
        SCHEMA.task_names,
        2,
        3,
        value_scope="all_prev",
        num_tables=3 if seed < 5 else 1,
        has_linear=seed > 2,
    )
    full = space.full_route().with_roots({"s2": "root2", "s3": "root3"})
    drawn = space.random_route(np.random.default_rng(seed))
    if seed > 2:
        drawn = drawn.with_linear(drawn.reached_by_layer[0][:2])
    model = SparseRouteModel(
        SCHEMA,
        drawn if seed else full,
        **SIZES,
        normalization=[None, "layer", "batch"][seed % 3],
        stem_units=[None, 5][seed % 2],
        root_query=["features", "stem"][seed // 3],
    )
    assert is_known(model)
    check_parity(scatter(model), batch_sizes=(1, 5))


def test_an_encoder_of_one_s_own_among_several_is_not_known():
    class OwnEncoder(FeatureEncoder):
        """One's own."""

    route = ROUTE.with_roots({"s2": "root2", "s3": "root2"})
    body = SparseRouteModel(SCHEMA, route, **SIZES).body
    encoders = {
        name: cls.from_schema(SCHEMA, SIZES["embedding_dim"], name=name)
        for name, cls in (("root", FeatureEncoder), ("root2", OwnEncoder))
    }
    own = MultiTaskModel(SCHEMA, body, RootEncoders(encoders))
    assert not is_known(own)


@pytest.mark.parametrize("name", ["one_layer", "one_layer_disjoint"])
def test_layer_without_sub_networks(name):
    space = RouteSpace(SCHEMA.task_names, 2, 3, value_scope="all_prev")
    route = space.hand_made_routes()[f"{name}_route"]
    model = SparseRouteModel(SCHEMA, route, **SIZES)
    assert len(model.body.banks) == 1
    check_parity(scatter(model), batch_sizes=(5,))


@pytest.mark.parametrize("schema", [SCHEMA, CLASS_SCHEMA])
@pytest.mark.parametrize("route", [ROUTE, SINGLE_ROUTE])
def test_mean_has_no_gates(route, schema):
    model = SparseRouteModel(schema, route, **SIZES, aggregation="mean")
    proto = check_parity(scatter(model))
    assert "MatMul" not in operations(proto)
    assert operations(proto)["Softmax"] == (schema is CLASS_SCHEMA)


def test_sure_gates():
    """Scores so far apart that a weight is 1 and the others are 0."""
    model = scatter(SparseRouteModel(SCHEMA, ROUTE, **SIZES))
    for gate in model.body.gates.values():
        gate.kernel.assign(1000 * gate.kernel)
    check_parity(model)


@pytest.mark.parametrize("bad_id", [-1, NUM_BUCKETS, 2**32, -(2**32), -(2**63)])
def test_invalid_ids(bad_id):
    model = SparseRouteModel(SCHEMA, ROUTE, **SIZES)
    proto = route_graph(model, ExportSpec.from_model(model)).proto
    inputs = sample(SCHEMA, 3)
    inputs["ids"] = inputs["ids"].astype("int64")
    inputs["ids"][1, 2] = bad_id
    with pytest.raises(Exception, match="indices element out of data bounds"):
        predict(proto, inputs)


def test_nodes_of_a_derived_network():
    """Each costs time whatever the batch: none may come back."""
    model = SparseRouteModel(BINARY_SCHEMA, _binary(ROUTE), **SIZES)
    expected = {
        "Less": 1,
        "Where": 1,
        "Gather": 1,
        "Concat": 1,  # the floats
        "Gemm": 1 + 3 + 2 + 2 + 1,  # layers, gates, towers
        "LayerNormalization": 1 + 3,
        "Mul": 1 + 1,
        "Add": 1,
        "Relu": 1 + 3,
        "Reshape": 6,
        "Softmax": 2,
        "MatMul": 1,
        "Split": 1 + 1 + 1,
        "ReduceSum": 1,
        "Sigmoid": 1,
    }
    assert operations(check_parity(scatter(model))) == expected


@pytest.mark.parametrize("normalization", [None, "batch"])
def test_batch_normalization_costs_nothing(normalization):
    model = MMoE(
        BINARY_SCHEMA, num_experts=3, **HAND_MADE, normalization=normalization
    )
    proto = check_parity(scatter(model))
    assert operations(proto) == {
        "Less": 1,
        "Where": 1,
        "Gather": 1,
        "Concat": 1,
        "Gemm": 3,
        "Relu": 1,
        "Reshape": 2,
        "Split": 2,
        "Softmax": 1,
        "Mul": 1,
        "ReduceSum": 1,
        "Sigmoid": 1,
    }
    weights = [shape for shape in shapes(proto) if np.prod(shape) > 6]
    assert weights == [(11, 3), (11, 12), (11, 12), (12,), (12,), (12, 12)]


def test_tables_of_single_tasks_are_kept_apart():
    model = scatter(SingleTask(SCHEMA, **HAND_MADE))
    proto = check_parity(model)
    assert operations(proto)["Gather"] == 2
    assert operations(proto)["Less"] == 1
    assert shapes(proto).count((NUM_BUCKETS, 3)) == 2


def test_file_is_the_weights(tmp_path):
    schema = dataclasses.replace(SCHEMA, num_buckets=10_000)
    model = SparseRouteModel(schema, ROUTE, **SIZES)
    out = export_model(model, tmp_path / "out", formats=("onnx",))
    weights = sum(4 * np.prod(w.shape) for w in model.weights)
    size = (out / "model.onnx").stat().st_size
    assert weights < size < weights + 10_000


class OtherModel(MMoE):
    """Computes something else than its structure tells."""

    def call(self, inputs, training=False):
        outputs = super().call(inputs, training)
        return {name: x / 2 for name, x in outputs.items()}


@pytest.mark.parametrize(
    "make",
    [
        lambda: OtherModel(SCHEMA, num_experts=2, **HAND_MADE),
        lambda: PLE(SCHEMA, 2, **HAND_MADE),
        make_model,
    ],
)
def test_other_models_are_converted(make, tmp_path):
    model = make()
    assert not is_known(model)
    out = export_model(model, tmp_path / "out", formats=("onnx",))
    assert {x.name for x in load_onnx(out / "model.onnx").outputs} == {
        "click",
        "stars",
    }


@pytest.mark.parametrize("precision", ["mixed_bfloat16", "mixed_float16"])
def test_mixed_precision(precision, tmp_path):
    model = MMoE(SCHEMA, num_experts=2, **HAND_MADE, dtype=precision)
    with pytest.raises(ValueError, match="`model` must compute in float32"):
        export_model(model, tmp_path / "out", formats=("onnx",))


def test_names_of_tasks_never_clash():
    tasks = tuple(TaskSpec(name=str(number)) for number in range(4))
    schema = dataclasses.replace(SCHEMA, tasks=tasks)
    check_parity(scatter(MMoE(schema, num_experts=2, **HAND_MADE)))


def test_a_saved_network_exports_the_same(tmp_path):
    model = scatter(SparseRouteModel(SCHEMA, ROUTE, **SIZES))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    first, second = (
        route_graph(x, ExportSpec.from_model(x)).proto for x in (model, loaded)
    )
    assert first == second


def _binary(route):
    """The route for the tasks of `BINARY_SCHEMA`."""
    blocks = {
        {"stars": "buy"}.get(name, name): block
        for name, block in route.blocks.items()
    }
    return Route(route.num_layers, route.num_subnetworks, blocks)
