"""A `~` in front of a path is the user's home, wherever a path is taken."""

import shutil
from pathlib import Path

import keras
import numpy as np
import pytest
from tiny_experiment import CONFIG
from toy_data import BINARY_SCHEMA
from toy_data import make_split

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
from export.serving import predict_file
from mtnas_preprocessing import local_path
from mtnas_tf.config import load_config
from mtnas_tf.data import EncodedStore
from mtnas_tf.data import prepare
from mtnas_tf.experiment.run_directory import new_directory
from mtnas_tf.experiment.run_directory import run_directory
from mtnas_tf.experiment.run_directory import write_text
from mtnas_tf.plots import draw_route
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto
from mtnas_tf.plots.reliability_plot import draw_reliability
from mtnas_tf.search import PolicyMonitor
from tfds_builders.book_crossing import parsing


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The user's home; the working directory must stay empty."""
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("USERPROFILE", str(home))
    monkeypatch.chdir(here)
    yield home
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("~/a/b.csv", "{home}/a/b.csv"),
        ("~", "{home}"),
        (Path("~/a"), "{home}/a"),
        ("a/~/b", "a/~/b"),
        ("/a/~b", "/a/~b"),
        ("~nobody_of_this_name/a", "~nobody_of_this_name/a"),
    ],
)
def test_local_path(home, path, expected):
    assert local_path(path) == Path(expected.format(home=home))


def test_prepare(home):
    dummy_data = Path(parsing.__file__).parent / "dummy_data"
    shutil.copytree(dummy_data, home / "raw")
    builder = prepare("book_crossing", raw_dir="~/raw", data_dir="~/data")
    assert Path(builder.data_dir).is_relative_to(home / "data")
    data = mt.data.load("book_crossing", data_dir="~/data", batch_size=2)
    assert len(data.splits["train"]) == 8


def test_schema_and_config(home):
    BINARY_SCHEMA.save("~/schema.json")
    assert (home / "schema.json").is_file()
    assert mt.data.DatasetSchema.load("~/schema.json") == BINARY_SCHEMA
    write_text("~/config.json", CONFIG.to_json())
    assert load_config("~/config.json") == CONFIG


def test_encoded_store(home):
    chunks = [(split, make_split(3)) for split in ("train", "valid", "test")]
    schema = mt.data.DatasetSchema.from_dict(
        {**BINARY_SCHEMA.to_dict(), "tasks": [{"name": "click"}]}
    )
    chunks = [(name, split.with_tasks(["click"])) for name, split in chunks]
    EncodedStore.write("~/store", schema, chunks)
    assert (home / "store" / "schema.json").is_file()
    assert len(EncodedStore("~/store").splits["test"]) == 3


def test_route_and_pictures(home):
    space = mt.routes.RouteSpace(("click", "buy"), 1, 2)
    route = space.full_route()
    write_text("~/route.json", route.to_json())
    assert mt.routes.Route.load("~/route.json") == route
    draw_route(route, "~/route.svg")
    draw_pareto([Point("", 1, 0.5), Point("", 2, 0.6)], "~/pareto.svg", "toy")
    labels = np.array([[0.0], [1.0]])
    draw_reliability({"click": labels}, {"click": labels}, "~/reliable.svg")
    assert {path.name for path in home.iterdir()} == {
        "route.json",
        "route.svg",
        "pareto.svg",
        "reliable.svg",
    }
    assert PolicyMonitor("~/history.jsonl").path == home / "history.jsonl"


def test_run_directories(home):
    with run_directory("~/runs/a") as run:
        (run / "file").touch()
    with new_directory("~/runs/b"):
        (home / "runs" / "b" / "file").touch()
    for name in ("a", "b"):
        assert (home / "runs" / name / "file").is_file()
        with pytest.raises(FileExistsError, match="`workdir` must not exist"):
            run_directory(f"~/runs/{name}").__enter__()


def test_export_and_prediction(home):
    keras.utils.set_random_seed(0)
    model = mt.models.SharedBottom(BINARY_SCHEMA, hidden_units=(3,))
    exported = export_model(model, "~/out", formats=("onnx",))
    assert exported == home / "out"
    (home / "in.csv").write_text("user,item,age,x_0,x_1\nann,i1,7,0,1\n")
    predictor = Predictor("~/out")
    assert predict_file(predictor, "~/in.csv", "~/predicted.csv") == 1
    header, _ = (home / "predicted.csv").read_text().splitlines()
    assert header == "click,buy"
