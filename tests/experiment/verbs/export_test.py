"""What `mtnas export` refuses; see also the tests of `derive`."""

import dataclasses
import json
import re
import shutil
from pathlib import Path

import numpy as np
import onnx
import pytest
import tiny_models
import toy_data
from tolerances import assert_near

from export.serving import Predictor
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.verbs import export as verb
from mtnas_tf.experiment.verbs.derive import derive
from mtnas_tf.experiment.verbs.export import export

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"license": "CC0"}, "`license` must be left out"),
        (
            {"formats": ["preset"], "precision": "int8"},
            "`precision` must be left out",
        ),
        (
            {"formats": ["preset"], "tasks": ["like"]},
            r"`tasks` must be left out.*Received: tasks=\['like'\]",
        ),
        ({"formats": ["preset"], "opset": 20}, "`opset` must be left out"),
        ({"table": "log.csv"}, r"`--table` must be left out.*'log\.csv'"),
        (
            {"seen_ids": True},
            r"`--seen-ids` must go with formats of ONNX alone.*saved_model",
        ),
        (
            {"seen_ids": True, "formats": ["preset"]},
            r"`--seen-ids` must go with formats of ONNX alone.*\['preset'\]",
        ),
        (
            {"seen_ids": True, "to": Path("x"), "layout": "tf_serving"},
            r"`--seen-ids` must go with formats of ONNX alone.*saved_model",
        ),
    ],
)
def test_options_that_no_format_reads(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export(tmp_path, **options)


@pytest.mark.slow
def test_some_tasks_in_an_older_opset(candidates_run, tmp_path):
    workdir = tmp_path / "run"
    shutil.copytree(candidates_run[0], workdir)
    derive(workdir)
    options = {"tasks": ["task_1"], "opset": 20}
    directory = Path(export(workdir, ["onnx"], **options)["directory"])
    manifest = json.loads((directory / "manifest.json").read_text())
    assert manifest["opset"] == 20
    assert [task["name"] for task in manifest["tasks"]] == ["task_1"]
    proto = onnx.load(directory / "model.onnx")
    assert [x.version for x in proto.opset_import if x.domain == ""] == [20]
    assert [output.name for output in proto.graph.output] == ["task_1"]

    version = Path(export(workdir, to=tmp_path / "log", **options)["directory"])
    assert onnx.load(version / "model.onnx") == proto


def run_of(schema, monkeypatch, split):
    """Stands for a run: its model, the rows that it was trained on."""
    model = tiny_models.make_model("mmoe", schema, embedding_dim=16)
    data = MultiTaskData(schema, split, split, split, batch_size=2)
    monkeypatch.setattr(verb, "load_model", lambda *args: model)
    monkeypatch.setattr(verb, "inputs_of_run", lambda *args: (None, data))
    return model


def test_seen_ids_are_those_of_the_training_rows(tmp_path, monkeypatch):
    schema = dataclasses.replace(toy_data.BINARY_SCHEMA, num_buckets=20_000)
    split = toy_data.make_split(50, schema)
    model = run_of(schema, monkeypatch, split)
    lines = []
    options = {"seen_ids": True, "say": lines.append}
    out = Path(export(tmp_path, ["onnx"], **options)["directory"])
    rows = json.loads((out / "manifest.json").read_text())["table_rows"]
    assert rows["model"] == 20_000
    assert rows["files"] >= len(np.unique(split.inputs["ids"]))
    found = Predictor(out).predict_ids(**split.inputs)
    for task, values in model(split.inputs).items():
        assert_near(found[task], values.numpy()[:, 0])

    whole = tmp_path / "whole"
    whole.mkdir()
    export(whole, ["onnx"], say=lines.append)
    sizes = [
        folder.joinpath("export", "model.onnx").stat().st_size / 1e3
        for folder in (tmp_path, whole)
    ]
    assert len(lines) == 3 and lines[2].startswith("exported to")
    found = re.fullmatch(
        r"model.onnx: (.*) of 20,000 embeddings, (.*) kB instead of (.*) kB",
        lines[1],
    )
    told = [float(text.replace(",", "")) for text in found.groups()]
    assert told == [rows["files"], *(pytest.approx(x, abs=2) for x in sizes)]

    version = Path(export(tmp_path, to=tmp_path / "v", **options)["directory"])
    proto = onnx.load(version / "model.onnx")
    assert proto == onnx.load(out / "model.onnx")
    assert lines[-1] == lines[1]


def test_seen_ids_of_data_without_ids(tmp_path, monkeypatch):
    schema = DatasetSchema(
        name="values",
        fields=(FieldSpec(name="x", kind="vector", size=2),),
        tasks=(toy_data.CLICK,),
        num_buckets=1,
    )
    split = toy_data.make_split(5)
    split = type(split)(
        {"values": split.inputs["values"]},
        {"click": split.labels["click"]},
    )
    run_of(schema, monkeypatch, split)
    with pytest.raises(ValueError, match=r"embedding table. .* \['x'\]"):
        export(tmp_path, ["onnx"], seen_ids=True)
