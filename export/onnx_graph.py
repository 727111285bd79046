"""An ONNX graph, built node by node."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from onnx import helper

from .onnx_parts import OnnxParts
from .spec import ExportSpec

BATCH_AXIS = "batch"


class OnnxGraph:
    """Collects nodes and constants under the contract of a spec.

    Constants of equal content are stored once, and nodes that no output
    depends on are left out, so that a caller may add what it might need.

    Args:
        spec: `ExportSpec`. Inputs, outputs and operator set.
    """

    def __init__(self, spec: ExportSpec) -> None:
        self._spec = spec
        self._nodes: list[Any] = []
        self._constants: dict[str, np.ndarray] = {}
        self._known: dict[tuple[Any, ...], str] = {}
        taken = {tensor.name for tensor in (*spec.inputs, *spec.outputs)}
        names = (str(number) for number in itertools.count())
        self._names = (name for name in names if name not in taken)

    def add(
        self,
        operation: str,
        *inputs: str | np.ndarray,
        output: str | None = None,
        **attributes: Any,
    ) -> str:
        """Adds a node of one output.

        Args:
            operation: string. Its type.
            *inputs: names of tensors, or arrays: constants.
            output: name of the output. Defaults to a new one.
            **attributes: of the operation.

        Returns:
            Name of the output.
        """
        output = output or next(self._names)
        self._add(operation, inputs, [output], attributes)
        return output

    def reshape(self, tensor: str, *shape: int) -> str:
        """`tensor` as `(batch, *shape)`."""
        return self.add("Reshape", tensor, np.array([0, *shape], np.int64))

    def concat(self, tensors: Sequence[str]) -> str:
        """Tensors side by side on the second axis."""
        if len(tensors) == 1:
            return tensors[0]
        return self.add("Concat", *tensors, axis=1)

    def split(self, tensor: str, num_parts: int) -> list[str]:
        """Equal parts of the second axis."""
        if num_parts == 1:
            return [tensor]
        names = list(itertools.islice(self._names, num_parts))
        self.split_into(names, tensor)
        return names

    def split_by(self, tensor: str, sizes: Sequence[int]) -> list[str]:
        """Parts of the second axis that have the given sizes."""
        if len(set(sizes)) == 1:
            return self.split(tensor, len(sizes))
        names = list(itertools.islice(self._names, len(sizes)))
        inputs = (tensor, np.array(sizes, np.int64))
        self._add("Split", inputs, names, {"axis": 1})
        return names

    def split_into(self, outputs: Sequence[str], tensor: str) -> None:
        """Gives names to equal parts of the second axis."""
        attributes = {"axis": 1, "num_outputs": len(outputs)}
        self._add("Split", [tensor], outputs, attributes)

    def to_parts(self) -> OnnxParts:
        """The nodes that an output depends on, and what they read."""
        nodes = self._read_nodes()
        graph = helper.make_graph(
            nodes,
            "prediction",
            [_value_info(tensor) for tensor in self._spec.inputs],
            [_value_info(tensor) for tensor in self._spec.outputs],
        )
        opsets = [helper.make_opsetid("", self._spec.opset)]
        parts = OnnxParts(
            helper.make_model(
                graph,
                opset_imports=opsets,
                ir_version=helper.find_min_ir_version_for(opsets),
                producer_name="mtnas_tf",
            )
        )
        read = {name for node in nodes for name in node.input}
        for name, array in self._constants.items():
            if name in read:
                parts.add(array, name)
        return parts

    def _add(
        self,
        operation: str,
        inputs: Sequence[str | np.ndarray],
        outputs: Sequence[str],
        attributes: dict[str, Any],
    ) -> None:
        names = [x if isinstance(x, str) else self._constant(x) for x in inputs]
        self._nodes.append(
            helper.make_node(operation, names, outputs, **attributes)
        )

    def _constant(self, array: np.ndarray) -> str:
        # A table is compared by identity: its bytes would be a copy.
        content = array.tobytes() if array.size < 2**10 else id(array)
        key = (array.dtype, array.shape, content)
        if key not in self._known:
            self._known[key] = next(self._names)
            self._constants[self._known[key]] = array
        return self._known[key]

    def _read_nodes(self) -> list[Any]:
        """The nodes that an output depends on, in order."""
        read = {tensor.name for tensor in self._spec.outputs}
        nodes = []
        for node in reversed(self._nodes):
            if read.intersection(node.output):
                read.update(node.input)
                nodes.append(node)
        return nodes[::-1]


def to_array(variable: keras.Variable) -> np.ndarray:
    """A variable's value, float32."""
    return np.asarray(keras.ops.convert_to_numpy(variable), np.float32)


def _value_info(tensor: Any) -> Any:
    dtype = helper.np_dtype_to_tensor_dtype(np.dtype(tensor.dtype))
    shape = [BATCH_AXIS, *tensor.shape[1:]]
    return helper.make_tensor_value_info(tensor.name, dtype, shape)
