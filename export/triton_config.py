"""The configuration of an exported model for NVIDIA Triton."""

import json
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .placement import MANIFEST

CONFIG = "config.pbtxt"
MAX_BATCH_SIZE = 256
MAX_DELAY_US = 1000
_TYPES = {"int64": "TYPE_INT64", "float32": "TYPE_FP32"}


def triton_config(name: str, export: Path) -> str:
    """Text of `config.pbtxt`: inputs, outputs and dynamic batching.

    Args:
        name: name of the model, which must be that of its folder.
        export: an export.
    """
    manifest = json.loads((export / MANIFEST).read_text("utf-8"))
    return "\n".join(
        [
            f"name: {json.dumps(name)}",
            'backend: "onnxruntime"',
            f"max_batch_size: {MAX_BATCH_SIZE}",
            _tensors("input", manifest["inputs"]),
            _tensors("output", manifest["outputs"]),
            "dynamic_batching {",
            f"  max_queue_delay_microseconds: {MAX_DELAY_US}",
            "}",
            "version_policy { all { } }",
            "",
        ]
    )


def _tensors(kind: str, tensors: Sequence[Mapping[str, Any]]) -> str:
    """A list of tensors, whose first axis Triton adds itself."""
    texts = [
        f"  {{ name: {json.dumps(tensor['name'])} "
        f"data_type: {_TYPES[tensor['dtype']]} dims: {tensor['shape'][1:]} }}"
        for tensor in tensors
    ]
    return f"{kind} [\n" + ",\n".join(texts) + "\n]"
