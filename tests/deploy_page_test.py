"""The commands of the page on deployment run as they are printed."""

import json
import re
import shutil
import subprocess

import pytest

pytest.importorskip("kserve")

import made_up_files
from docs_test import ROOT
from docs_test import blocks

import mtnas_tf as mt
from export import export_version
from export.serving import Predictor

pytestmark = pytest.mark.slow
PAGE = ROOT / "docs" / "deploy.md"


@pytest.fixture
def curls():
    """The commands, each as it is printed, over several lines or not."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl")
    text = "\n".join(b for b in blocks(PAGE, "") if b.startswith("curl "))
    return re.split(r"\n+(?=curl )", text.strip())


def test_curl_as_printed(curls, tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "tests" / "export"))
    from protocol_client import running

    made_up_files.write_log(tmp_path / "log.csv")
    data = mt.data.from_csv(
        tmp_path / "log.csv", ["click", "like"], exclude=["day"]
    )
    model = mt.models.MMoE(data.schema, num_experts=2)
    version = export_version(model, tmp_path / "models" / "clicks")
    answers = []
    with running(version.parents[1], tmp_path / "log") as server:
        address = server.rest.removeprefix("http://")
        for command in curls:
            assert "localhost:8080" in command
            answers.append(
                subprocess.run(
                    command.replace("localhost:8080", address),
                    shell=True,
                    check=True,
                    capture_output=True,
                    text=True,
                ).stdout
            )
    predicted, metadata, live, ready, metrics = answers
    columns = {
        "user_id": ["u7", "u8"],
        "item_id": ["i3", "i4"],
        "age": [34, 51],
        "price": [9.5, None],
        "tags": ["a|b", "c"],
    }
    expected = Predictor(version).predict(columns)
    for output in json.loads(predicted)["outputs"]:
        assert output["data"] == pytest.approx(expected[output["name"]])
    names = [tensor["name"] for tensor in json.loads(metadata)["inputs"]]
    assert names == list(columns)
    assert json.loads(live) == {"live": True}
    assert json.loads(ready) == {"ready": True}
    assert "mtnas_requests_total" in metrics
