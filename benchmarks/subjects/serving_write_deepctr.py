"""DeepCTR's MMoE (legacy Keras) as a SavedModel, which tf2onnx converts.

An input and a table per field, no bias in the towers and gates. Weights are
random: the library starts all tables with the same values, and the converter
would store them once.
"""

import pathlib
from typing import Any

import numpy as np

from benchmarks.subjects.training_deepctr import mmoe
from benchmarks.workload import Workload


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes the SavedModel."""
    model = mmoe(workload.shape, l2_reg_embedding=0)
    rng = np.random.default_rng(0)
    model.set_weights(
        [0.05 * rng.normal(size=w.shape) for w in model.get_weights()]
    )
    model.save(directory / "deepctr" / "saved_model", save_format="tf")
    return {}
