"""Predictions of any ONNX file by ONNX Runtime.

Inputs are `ids` of a table that all fields share, or a field each.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.serving.latency import Call
from benchmarks.serving.latency import latency_rounds
from benchmarks.workload import Workload

PACKAGES = ("onnxruntime", "numpy")
DTYPES = {"tensor(int64)": np.int64, "tensor(int32)": np.int32}


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """A session with the number of threads given, warm."""
    workload = Workload(**config["workload"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = config["threads"]
    session = onnxruntime.InferenceSession(
        config["path"], options, providers=["CPUExecutionProvider"]
    )
    columns = {"ids": workload.shared_ids}
    columns |= dict(zip(workload.field_names, workload.ids.T, strict=True))

    def bind(rows: slice) -> Call:
        feed = {
            tensor.name: _shaped(columns[tensor.name][rows], tensor)
            for tensor in session.get_inputs()
        }
        return lambda: session.run(None, feed)

    return latency_rounds(bind, config["batch_sizes"], config["seconds"])


def _shaped(ids: Any, tensor: Any) -> Any:
    """Ids in an input's type and number of axes."""
    shape = (len(ids), -1) if len(tensor.shape) == 2 else (len(ids),)
    return np.ascontiguousarray(ids.reshape(shape), DTYPES[tensor.type])
