"""An export that predicts something else is refused, and leaves nothing."""

from pathlib import Path

import numpy as np
import onnx
import pytest
import tf2onnx

from export import ExportMismatchError
from export import export_model


def tree(directory):
    return {
        path.relative_to(directory): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def convert_wrongly(monkeypatch):
    """Lets a function edit what the ONNX converter returns."""
    convert = tf2onnx.convert.from_function

    def install(edit):
        def from_function(*args, **kwargs):
            proto, storage = convert(*args, **kwargs)
            edit(proto)
            return proto, storage

        monkeypatch.setattr(tf2onnx.convert, "from_function", from_function)

    return install


def double_a_kernel(proto):
    for tensor in proto.graph.initializer:
        if list(tensor.dims) == [10, 1]:
            array = onnx.numpy_helper.to_array(tensor) * 2
            tensor.CopyFrom(onnx.numpy_helper.from_array(array, tensor.name))


def rename_click(proto):
    for node in proto.graph.node:
        outputs = ["ctr" if x == "click" else x for x in node.output]
        node.output[:] = outputs
    for tensor in proto.graph.output:
        if tensor.name == "click":
            tensor.name = "ctr"


def add_an_unknown_operation(proto):
    proto.graph.node[-1].op_type = "NoSuchOperation"


def test_wrong_values(model, tmp_path, convert_wrongly):
    convert_wrongly(double_a_kernel)
    with pytest.raises(ExportMismatchError, match="must agree") as caught:
        export_model(model, tmp_path / "deep/out")
    found = caught.value.mismatches
    assert {(x.format, x.rule, x.name, x.batch_size) for x in found} == {
        (runtime, "values", task, size)
        for runtime in ("onnx", "onnx_reference")
        for task in ("click", "stars")
        for size in (1, 7, 1000, 2)
    }
    assert all(x.max_difference > 1e-5 for x in found)
    assert not list(tmp_path.iterdir())


def test_wrong_names(model, tmp_path, convert_wrongly):
    convert_wrongly(rename_click)
    message = (
        r"outputs must be \['click', 'stars'\]. Received: \['ctr', 'stars'"
    )
    with pytest.raises(ExportMismatchError, match=message) as caught:
        export_model(model, tmp_path / "out")
    assert [x.rule for x in caught.value.mismatches] == ["names"] * 2
    assert not list(tmp_path.iterdir())


def test_file_that_cannot_be_loaded(model, tmp_path, convert_wrongly):
    convert_wrongly(add_an_unknown_operation)
    with pytest.raises(ExportMismatchError, match="NoSuchOperation") as caught:
        export_model(model, tmp_path / "out", opset=18)  # as it is converted
    assert {x.rule for x in caught.value.mismatches} == {"load"}
    assert not list(tmp_path.iterdir())


def add_what_nobody_reads(proto):
    one = np.ones(3, "float32")
    proto.graph.initializer.append(onnx.numpy_helper.from_array(one, "spare"))
    node = onnx.helper.make_node("Relu", ["spare"], ["idle"])
    proto.graph.node.append(node)


def declare_another_shape(proto):
    """As ONNX Runtime would load it: it warns, and goes on."""
    (output,) = (x for x in proto.graph.output if x.name == "click")
    output.type.tensor_type.shape.dim[1].dim_value = 4


@pytest.mark.parametrize(
    ("edit", "rule", "message"),
    [
        (add_what_nobody_reads, "unread", "'idle', 'spare'] without any"),
        (declare_another_shape, "load", "cannot be loaded"),
    ],
)
def test_other_faults(model, tmp_path, convert_wrongly, edit, rule, message):
    convert_wrongly(edit)
    with pytest.raises(ExportMismatchError, match=message) as caught:
        export_model(model, tmp_path / "out", formats=["onnx"])
    assert rule in {x.rule for x in caught.value.mismatches}
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("edit", [double_a_kernel, None])
def test_a_failure_leaves_the_earlier_export_as_it_was(
    model, tmp_path, convert_wrongly, monkeypatch, edit
):
    out = export_model(model, tmp_path / "out", formats=["onnx"])
    before = tree(tmp_path)
    if edit is not None:
        convert_wrongly(edit)
        with pytest.raises(ExportMismatchError):
            export_model(model, out)
    else:
        rename = Path.rename

        def fail_to_put_in_place(self, target):
            if target == out and not self.name.endswith(".earlier"):
                raise OSError("no space")
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", fail_to_put_in_place)
        with pytest.raises(OSError, match="no space"):
            export_model(model, out)
    assert tree(tmp_path) == before
