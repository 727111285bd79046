"""The standard's operator `OneHot` for its reference evaluator."""

from typing import Any

import numpy as np
from onnx.reference.op_run import OpRun


class OneHot(OpRun):
    """One for the index of each row, 0 elsewhere.

    The evaluator's own, of onnx 1.23, fails if the depth is a tensor of one
    element and not a scalar; the standard allows both.
    """

    op_domain = ""

    def _run(
        self, indices: Any, depth: Any, values: Any, axis: int | None = None
    ) -> tuple[Any]:
        off, on = values
        size = int(np.asarray(depth).reshape(()))
        positions = np.where(indices < 0, indices + size, indices)
        last = positions[..., None] == np.arange(size)
        is_on = np.moveaxis(last, -1, -1 if axis is None else axis)
        return (np.where(is_on, on, off).astype(values.dtype),)
