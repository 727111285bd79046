"""What this Python saves predicts the same in another one.

MTNAS_OTHER_PYTHON names that one: see CONTRIBUTING.md.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

import keras
import made_up_files
import numpy as np
import pandas as pd
import pytest

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor

OTHER = os.environ.get("MTNAS_OTHER_PYTHON")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not OTHER, reason="MTNAS_OTHER_PYTHON does not name another Python"
    ),
]
ROOT = pathlib.Path(__file__).parents[2]
NUM_ROWS = 300
TASKS = ("rated", "satisfied")  # those of a route that the library has


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "log.csv"
    made_up_files.write_log(path)
    names = dict(zip(("click", "like"), TASKS, strict=True))
    return pd.read_csv(path).rename(columns=names)


@pytest.fixture(scope="module")
def data(table):
    """Vocabularies, hashed users, and floats in buckets and standardized."""
    table = table.assign(cost=table.price)
    options = {"exclude": ["day"], "min_count": 2, "batch_size": 128}
    schema = mt.data.from_dataframe(table, TASKS, **options).schema
    changes = {
        "user_id": {"vocabulary": None},
        "cost": {"boundaries": (), "mean": 9.0, "scale": 5.0},
    }
    fields = tuple(
        dataclasses.replace(f, **changes.get(f.name, {})) for f in schema.fields
    )
    schema = dataclasses.replace(schema, fields=fields)
    return mt.data.from_dataframe(table, schema=schema, batch_size=128)


def trained(model, data):
    model.compile(jit_compile=False)
    model.fit(data.train, verbose=0)
    return model


def new_mmoe(data):
    return trained(mt.models.MMoE(data.schema, num_experts=3), data)


def searched(data):
    """The network that a search ends with."""
    search = mt.search.CandidateSearch(
        data.schema,
        num_subnetworks=2,
        units=8,
        num_places=2,
        epochs=1,
        num_rounds=1,
        num_final_rounds=0,
    )
    with pytest.warns(UserWarning, match="random"):
        return search.run(data, verbose=0).network


def with_a_table_for_each_task(data):
    return trained(mt.models.SingleTask(data.schema), data)


def of_a_recorded_route(data):
    route = mt.routes.from_preset("book_crossing_small")
    return trained(mt.models.SparseRouteModel(data.schema, route), data)


MODELS = (new_mmoe, searched, with_a_table_for_each_task, of_a_recorded_route)


@pytest.fixture(scope="module")
def saved(data, table, tmp_path_factory):
    """Folder with a preset and an export of each model, read elsewhere."""
    folder = tmp_path_factory.mktemp("saved")
    rows = table.assign(cost=table.price)[:NUM_ROWS]
    fields = [field.name for field in data.schema.fields]
    lines = rows[fields].to_json(orient="records", lines=True)
    inputs = data.schema.preprocessor(rows[fields].to_dict("records"))
    for make in MODELS:
        keras.utils.set_random_seed(0)
        home = folder / make.__name__
        home.mkdir()
        model = make(data)
        model.save_to_preset(home / "preset")
        export_model(model, home / "export")
        (home / "rows.jsonl").write_text(lines, "utf-8")
        np.savez(home / "inputs.npz", **inputs)
        here = model.predict(inputs, verbose=0)
        np.savez(home / "here.npz", **here)
    output = subprocess.run(
        [OTHER, str(pathlib.Path(__file__).with_name("load_elsewhere.py"))]
        + [str(folder)],
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        text=True,
    ).stdout
    version = tuple(map(int, output.split()))
    assert version != sys.version_info[:2], "it must be another version"
    return folder


@pytest.mark.parametrize("make", MODELS)
@pytest.mark.parametrize("name", ["preset", "export"])
def test_it_predicts_the_same(saved, make, name):
    home = saved / make.__name__
    expected, found = np.load(home / "here.npz"), np.load(home / f"{name}.npz")
    assert sorted(found) == sorted(expected) == sorted(TASKS)
    for task in TASKS:
        values = expected[task]
        assert np.ptp(values) > 1e-3  # rows are told apart
        received = found[task].reshape(values.shape)
        np.testing.assert_allclose(received, values, rtol=1e-5)


def test_this_python_reads_the_rows_so_too(saved):
    """The rows, and not only the arrays made of them, are the same ones."""
    home = saved / new_mmoe.__name__
    lines = (home / "rows.jsonl").read_text("utf-8").splitlines()
    found = Predictor(home / "export").predict([*map(json.loads, lines)])
    for task, values in np.load(home / "export.npz").items():
        np.testing.assert_allclose(found[task], values, rtol=1e-6)
