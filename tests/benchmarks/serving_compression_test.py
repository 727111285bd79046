"""What smaller files cost, on a table of a few hundred rows."""

import json

import numpy as np
import pandas as pd
import pytest
from tolerances import near

import mtnas_tf as mt
from benchmarks.serving import compression
from mtnas_tf.metrics import evaluate_tasks

NUM_BUCKETS = 5000


@pytest.fixture
def trained():
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "user": rng.integers(60, size=300).astype(str),
            "item": rng.integers(90, size=300).astype(str),
            "click": rng.integers(2, size=300),
            "like": rng.integers(2, size=300),
        }
    )
    data = mt.data.from_dataframe(
        frame, ["click", "like"], num_buckets=NUM_BUCKETS, batch_size=16
    )
    model = mt.models.MMoE(data.schema, hidden_units=(4,), embedding_dim=3)
    model.encoder.table.assign(rng.normal(size=(NUM_BUCKETS, 3)))
    return data, model


@pytest.mark.slow
def test_every_export_is_compared_with_the_whole(monkeypatch, capsys, trained):
    monkeypatch.setattr(compression, "trained_network", lambda: trained)
    for name, value in {"BATCH": 2, "CALLS": 3, "RESAMPLES": 4}.items():
        monkeypatch.setattr(compression, name, value)
    compression.main()
    lines = map(json.loads, capsys.readouterr().out.splitlines())
    found = {line.pop("export"): line for line in lines}
    whole, half, byte, *seen = found.values()
    assert list(found)[:3] == ["float32", "float16", "int8"]
    assert whole["bytes"] > 1.8 * half["bytes"] > 3 * byte["bytes"]
    assert all(export["bytes"] < whole["bytes"] for export in seen)
    assert all(export["us_512"] > 0 for export in found.values())

    data, model = trained
    test = data.splits["test"]
    labels = {task: y[:, 0] for task, y in test.labels.items()}
    predictions = {task: y[:, 0] for task, y in model(test.inputs).items()}
    metrics = evaluate_tasks(data.schema.tasks, labels, predictions)
    for task in data.schema.task_names:
        auc = metrics[task]["auc"]
        assert whole["auc"][task] == {"auc": near(auc), "change": 0, "error": 0}
        for export in found.values():
            change = export["auc"][task]
            assert change["auc"] - change["change"] == near(auc)
        # Ids that no training row has are read as another: AUC may change.
        assert abs(half["auc"][task]["change"]) < 0.02
    assert any(seen[0]["auc"][x]["error"] > 0 for x in data.schema.task_names)
