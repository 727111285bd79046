"""Building an ONNX graph."""

import numpy as np
import pytest

from export.onnx_graph import OnnxGraph
from export.spec import ExportSpec
from export.tensor_info import TensorInfo

SPEC = ExportSpec(
    inputs=(TensorInfo(name="x", dtype="float32", shape=(None, 4)),),
    outputs=(TensorInfo(name="0", dtype="float32", shape=(None, 1)),),
    num_buckets=3,
)


@pytest.fixture
def graph():
    return OnnxGraph(SPEC)


def test_keeps_what_the_output_depends_on(graph):
    first, *_ = graph.split("x", 4)
    graph.add("Add", first, np.full(50, 7, np.float32))
    graph.add("Add", first, np.ones(1, np.float32), output="0")
    model = graph.to_parts().proto
    assert [x.op_type for x in model.graph.node] == ["Split", "Add"]
    assert [tuple(x.dims) for x in model.graph.initializer] == [(1,)]
    (output,) = model.graph.output
    assert output.type.tensor_type.shape.dim[0].dim_param == "batch"
    assert model.opset_import[0].version == SPEC.opset


def test_stores_equal_constants_once(graph):
    total = graph.add("Add", "x", np.ones(4, np.float32))
    total = graph.add("Mul", total, np.ones(4, np.float32))
    total = graph.add("Mul", total, np.ones((1, 4), np.float32))
    graph.add("ReduceSum", total, np.array([1]), output="0")
    shapes = [tuple(x.dims) for x in graph.to_parts().proto.graph.initializer]
    assert shapes == [(4,), (1, 4), (1,)]


def test_names_are_new(graph):
    names = [graph.add("Relu", "x"), *graph.split("x", 2)]
    assert len({*names, "x", "0"}) == 5


def test_one_part_needs_no_node(graph):
    assert graph.concat(["x"]) == "x"
    assert graph.split("x", 1) == ["x"]


def test_large_constants_are_kept_beside(graph):
    kernel = np.ones((4, 2**16), np.float32)
    wide = graph.add("MatMul", "x", kernel)
    graph.add("Slice", wide, *np.eye(3, 1, dtype=np.int64), output="0")
    parts = graph.to_parts()
    ((name, array),) = parts.large.items()
    assert array is kernel
    (tensor,) = (x for x in parts.proto.graph.initializer if x.name == name)
    assert tuple(tensor.dims) == kernel.shape and not tensor.raw_data
