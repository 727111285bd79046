"""The file of torch-rechub's MMoE, by its own ONNX exporter.

An input and a table per field; batch normalization in experts and gates, which
cannot be turned off.
"""

import pathlib
from typing import Any

import torch
from torch_rechub.utils.onnx_export import ONNXExporter

from benchmarks.subjects.training_torch_rechub import mmoe
from benchmarks.workload import Workload


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes the ONNX file."""
    torch.manual_seed(0)
    target = directory / "torch_rechub"
    target.mkdir(parents=True)
    ONNXExporter(mmoe(workload.shape)).export(str(target / "model.onnx"))
    return {}
