"""One row has one prediction: Keras, ONNX Runtime, and files of every kind."""

import json

import hypothesis
import numpy as np
import pandas as pd
import pytest
from hypothesis import strategies as st

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
from export.serving import predict_file
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec

SCHEMA = DatasetSchema(
    name="all kinds",
    fields=(
        FieldSpec(name="city"),
        FieldSpec(name="item id", kind="integer"),
        FieldSpec(name="is_new", kind="integer", vocabulary=("1", "0")),
        FieldSpec(name="price", kind="float", boundaries=(0.1, 0.5, 0.7, 9.9)),
        FieldSpec(name="age", kind="float", mean=40.0, scale=12.0),
        FieldSpec(name="tags", max_length=2),
        FieldSpec(name="seen", kind="integer", max_length=3),
        FieldSpec(name="x", kind="vector", size=2),
    ),
    tasks=(
        TaskSpec(name="click rate"),
        TaskSpec(name="kind", kind="multiclass", num_classes=3),
        TaskSpec(name="seconds", kind="regression", mean=3e4, scale=2e4),
    ),
    num_buckets=500,
)
# csv.writer leaves a lone \r unquoted, where a row ends for every reader.
TEXTS = st.text(
    st.characters(exclude_characters="\r", codec="utf-8"), max_size=5
)
IDS = st.integers(-(2**63), 2**63 - 1)
NUMBERS = st.floats(-1e6, 1e6) | st.integers(-99, 99)
VALUES = {
    "city": st.none() | TEXTS,
    "item id": st.none() | IDS,
    "is_new": st.none() | st.booleans(),
    "price": st.none() | NUMBERS | st.sampled_from([0.1, 0.5, 0.7, 9.9]),
    "age": st.none() | st.floats(0, 120),
    "tags": st.none() | st.lists(TEXTS, max_size=3),
    "seen": st.none() | st.lists(IDS, max_size=4),
    "x": st.lists(st.floats(-9, 9, width=32), min_size=2, max_size=2),
}
ROWS = st.lists(st.fixed_dictionaries(VALUES), min_size=1, max_size=4)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A model, its predictor, and a folder for files."""
    folder = tmp_path_factory.mktemp("served")
    model = mt.models.MMoE(
        SCHEMA,
        hidden_units=(4,),
        embedding_dim=3,
        table_initializer="random_normal",
    )
    export_model(model, folder / "out", formats=("onnx",))
    return model, Predictor(folder / "out"), folder


def kept_as(frame, single):
    """The columns with dtypes that pandas readers would give them."""
    dtypes = {"item id": "Int64", "is_new": "boolean", "age": "float64"}
    if single:
        dtypes["price"] = "float32"
    return frame.astype(dtypes)


def columns_of(path):
    frame = pd.read_csv(path)
    return {name: frame[name].to_numpy() for name in frame}


def check(served, rows, single):
    model, predictor, folder = served
    # Typed by itself, pandas makes floats of integers beside a gap.
    frame = kept_as(pd.DataFrame(rows, dtype=object), single)
    arrays = SCHEMA.preprocessor(frame)
    keras_outputs = model(arrays, training=False)
    expected = {
        "click rate": keras_outputs["click rate"][:, 0],
        **{f"kind_{i}": keras_outputs["kind"][:, i] for i in range(3)},
        "seconds": keras_outputs["seconds"][:, 0],
    }
    frame.to_csv(folder / "t.csv", index=False)
    frame.to_parquet(folder / "t.parquet")
    lines = map(json.dumps, rows)
    (folder / "t.jsonl").write_text("\n".join(lines))
    onnx = predictor.predict(rows)
    found = {
        "rows": {
            "click rate": onnx["click rate"],
            **{f"kind_{i}": onnx["kind"][:, i] for i in range(3)},
            "seconds": onnx["seconds"],
        }
    }
    for suffix in ("csv", "parquet", "jsonl"):
        output = folder / "predictions.csv"
        predict_file(predictor, folder / f"t.{suffix}", output)
        found[suffix] = columns_of(output)
    for name, received in found.items():
        assert received.keys() == expected.keys()
        for column, values in expected.items():
            np.testing.assert_allclose(
                *(received[column], np.asarray(values)),
                rtol=1e-5,
                atol=1e-5,
                err_msg=f"{column} of {name}",
            )


def run(served, num_examples):
    settings = hypothesis.settings(
        deadline=None,
        database=None,
        derandomize=True,
        max_examples=num_examples,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    test = hypothesis.given(rows=ROWS, single=st.booleans())(
        lambda rows, single: check(served, rows, single)
    )
    settings(test)()


def test_one_row_has_one_prediction(served):
    run(served, 30)


@pytest.mark.slow
def test_hundreds_of_tables_have_one_prediction_a_row(served):
    run(served, 500)
