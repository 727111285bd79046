"""What `mtnas export` refuses; see also the tests of `derive`."""

import json
import shutil
from pathlib import Path

import onnx
import pytest

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
    ],
)
def test_options_that_no_format_reads(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export(tmp_path, **options)


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
