"""Predictions of one row by ONNX Runtime, in this process."""

from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime

from benchmarks.server.load import Call
from benchmarks.server.load import load_rounds
from benchmarks.workload import Workload

PACKAGES = ("onnxruntime", "numpy")


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """A session of one thread, asked by as many threads as there are clients.

    Args:
        config: `export`, `workload`, `num_clients` and `seconds`.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        f"{config['export']}/model.onnx",
        options,
        providers=["CPUExecutionProvider"],
    )
    ids = Workload(**config["workload"]).shared_ids[:1].astype(np.int64)

    def new_call() -> Call:
        return lambda: session.run(None, {"ids": ids})

    return load_rounds(new_call, config["num_clients"], config["seconds"])
