"""What is told of the size that a file has without `seen_ids`."""

import dataclasses

import numpy as np
import pytest
import tiny_models
import toy_roles

from export import export_model
from export import onnx_parts
from export.whole_bytes import bytes_of_file
from export.whole_bytes import whole_bytes

NUM_ROWS = 20_000
SCHEMA = dataclasses.replace(toy_roles.SCHEMA, num_buckets=NUM_ROWS)
SEEN = np.arange(NUM_ROWS // 4)
NODES = 2_000  # bytes of a graph that a few lookups more or less may take


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("mmoe", "float32"),
        ("mmoe", "int8"),
        # A table for each task.
        pytest.param("single_task", "float16", marks=pytest.mark.slow),
        # Converted.
        pytest.param("ple", "float32", marks=pytest.mark.slow),
    ],
)
def test_it_is_that_of_the_whole_file(name, precision, tmp_path):
    model = tiny_models.make_model(name, SCHEMA, embedding_dim=16)
    options = {"formats": ["onnx"], "precision": precision}
    whole = export_model(model, tmp_path / "whole", **options) / "model.onnx"
    size = bytes_of_file(whole)
    assert size == whole.stat().st_size == whole_bytes(whole)
    options["seen_ids"] = SEEN
    pruned = export_model(model, tmp_path / "pruned", **options) / "model.onnx"
    assert bytes_of_file(pruned) < size - 4 * NODES
    assert abs(whole_bytes(pruned) - size) < NODES


def test_a_second_file_counts(tmp_path, monkeypatch):
    """The map of ids is in the first file, the table in the second."""
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", 2**18)
    monkeypatch.setattr(onnx_parts, "LARGE_BYTES", 2**16)
    model = tiny_models.make_model("mmoe", SCHEMA, embedding_dim=16)
    path = tmp_path / "out"
    file = export_model(model, path, ["onnx"], seen_ids=SEEN) / "model.onnx"
    outside = file.with_name("model.onnx.data").stat().st_size
    assert file.stat().st_size > NUM_ROWS * 4
    assert bytes_of_file(file) == file.stat().st_size + outside
    (table,) = (w for w in model.weights if w.shape[0] == NUM_ROWS)
    dropped = NUM_ROWS - len(SEEN) - 1
    assert whole_bytes(file) - bytes_of_file(file) == (
        dropped * table.shape[1] * 4 - NUM_ROWS * 4
    )
