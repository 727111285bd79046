import checks
import numpy as np
import pytest
import toy_data
from tensorboard.backend.event_processing.event_accumulator import (
    EventAccumulator,
)

from mtnas_tf.experiment.sharing_board import SharingBoard
from mtnas_tf.models import MTNAS
from mtnas_tf.models import MMoE
from mtnas_tf.search import SearchModel


def written(folder):
    """The events of a folder, by kind and tag."""
    events = EventAccumulator(str(folder), size_guidance={"tensors": 0})
    return events.Reload()


def numbers(events, tag):
    return [
        float(np.frombuffer(e.tensor_proto.tensor_content, "float32")[0])
        if e.tensor_proto.tensor_content
        else e.tensor_proto.float_val[0]
        for e in events.Tensors(tag)
    ]


def test_tasks_and_gates_are_written_after_each_epoch(tmp_path):
    data = toy_data.make_data()
    model = MMoE(data.schema, num_experts=3, hidden_units=(5,))
    checks.randomize(model.body, 0)
    board = SharingBoard(tmp_path, data.valid, steps=1)
    board.set_model(model)
    board.on_train_begin()
    for epoch in range(2):
        board.on_epoch_end(
            epoch, {"click_auc": 0.5, "val_click_auc": 0.75, "other": 1.0}
        )
    board.on_train_end()
    train, valid = (written(tmp_path / n) for n in ("train", "validation"))
    assert train.Tags()["tensors"] == ["auc/click"]
    assert numbers(train, "auc/click") == [0.5, 0.5]
    assert numbers(valid, "auc/click") == [0.75, 0.75]
    (matrix,) = model.sharing(data.valid, steps=1)
    shares = matrix.weights / matrix.weights.sum(axis=1, keepdims=True)
    entropies = -(shares * np.log(shares)).sum(axis=1)
    for reader, expected in zip(matrix.readers, entropies, strict=True):
        found = numbers(valid, f"entropy/experts/{reader}")
        assert found == pytest.approx([expected] * 2, rel=1e-5)
    assert {"weights/experts", "sharing"} <= set(valid.Tags()["tensors"])


def test_a_route_is_drawn_when_it_changes(tmp_path):
    data = toy_data.make_data()
    model = SearchModel(
        MTNAS(data.schema, num_layers=1, num_subnetworks=2, units=5)
    )
    board = SharingBoard(tmp_path)
    board.set_model(model)
    board.on_train_begin()
    for epoch in range(2):
        board.on_epoch_end(epoch)
    board.on_train_end()
    valid = written(tmp_path / "validation")
    assert len(valid.Tensors("route")) == 1
    assert len(valid.Tensors("choices/click")) == 2
    assert "sharing" not in valid.Tags()["tensors"]
