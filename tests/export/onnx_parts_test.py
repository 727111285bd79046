"""Large constants beside a graph: in the file, or in a second one."""

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import helper

from export import onnx_parts
from export.onnx_parts import OnnxParts
from export.onnx_parts import mapped

# The second is not contiguous, the last is small and that of one axis is not.
ARRAYS = {
    "table": np.arange(1000, dtype=np.float32).reshape(50, 20),
    "transposed": np.arange(20_000).reshape(100, 200).T,
    "half": np.linspace(0, 1, 999, dtype=np.float16).reshape(27, 37),
    "ids": np.arange(500),
    "small": np.arange(3),
}
LARGE = {"table", "transposed", "half"}


@pytest.fixture
def parts(monkeypatch):
    """A graph whose outputs are constants."""
    monkeypatch.setattr(onnx_parts, "LARGE_BYTES", 1000)
    outputs = [
        helper.make_tensor_value_info(
            f"{name}_read", helper.np_dtype_to_tensor_dtype(x.dtype), x.shape
        )
        for name, x in ARRAYS.items()
    ]
    nodes = [
        helper.make_node("Identity", [name], [f"{name}_read"])
        for name in ARRAYS
    ]
    opsets = [helper.make_opsetid("", 18)]
    found = OnnxParts(
        helper.make_model(
            helper.make_graph(nodes, "constants", [], outputs),
            opset_imports=opsets,
            ir_version=helper.find_min_ir_version_for(opsets),
        )
    )
    for name, array in ARRAYS.items():
        found.add(array, name)
    return found


@pytest.mark.parametrize("max_bytes", [50_000, 2**20])
def test_all_constants_are_read_back(parts, tmp_path, monkeypatch, max_bytes):
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", max_bytes)
    assert set(parts.large) == LARGE
    path = tmp_path / "model.onnx"
    parts.save(path)
    is_one_file = max_bytes == 2**20
    second = tmp_path / "model.onnx.data"
    assert second.exists() != is_one_file
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(str(path))
    for found, array in zip(
        session.run(None, {}), ARRAYS.values(), strict=True
    ):
        np.testing.assert_array_equal(found, array)
        assert found.dtype == array.dtype

    proto = onnx.load(str(path), load_external_data=False)
    outside = mapped(proto, tmp_path)
    assert set(outside) == (set() if is_one_file else LARGE)
    for name, found in outside.items():
        np.testing.assert_array_equal(found, ARRAYS[name])


def test_content_is_replaced_by_large_and_small(parts):
    for shape in ((2,), (30, 40)):
        for tensor in parts.proto.graph.initializer:
            parts.replace(tensor, np.full(shape, 7.0))
            np.testing.assert_array_equal(parts.content(tensor), 7.0)
            assert tuple(tensor.dims) == shape
        is_large = shape == (30, 40)
        assert set(parts.large) == (set(ARRAYS) if is_large else set())
    assert parts.num_bytes > len(ARRAYS) * 30 * 40 * 8


def test_what_stays_in_the_first_file_must_fit(parts, tmp_path, monkeypatch):
    size = parts.proto.ByteSize()
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", size - 1)
    message = f"one axis must not exceed {size - 1:,} bytes.*{size:,} bytes"
    with pytest.raises(ValueError, match=message):
        parts.save(tmp_path / "model.onnx")
    assert not list(tmp_path.iterdir())
