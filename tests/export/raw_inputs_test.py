"""ONNX files of raw columns: they encode as training does, or not at all."""

import json

import numpy as np
import onnx
import onnx.reference
import onnxruntime
import pytest
from tolerances import assert_near
from toy_model import make_model as make_toy_model
from toy_model import scattered

from export import export_model
from export import onnx_parts
from export.raw_keys import keys_of
from export.serving import Predictor
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.models import MMoE

TASKS = (TaskSpec(name="click"), TaskSpec(name="buy"))
FIELDS = (
    FieldSpec(name="tags", max_length=3),
    FieldSpec(name="city", vocabulary=("rome", "7", "-3", "0", "ключ", "07")),
    FieldSpec(name="price", kind="float", mean=2.5, scale=0.3),
    FieldSpec(name="user"),
    FieldSpec(name="tab", kind="integer", vocabulary=("1", "14", "0", "x")),
    # Names of tensors inside of the graph.
    FieldSpec(name="ids", kind="float", boundaries=(0.1, 18.0, 65.5)),
    FieldSpec(name="3", kind="vector", size=2),
    FieldSpec(name="born_in", rows_of="city"),
)
SCHEMA = DatasetSchema(name="toy", fields=FIELDS, tasks=TASKS, num_buckets=60)
GOOD = {
    "tags": ["a", "b"],
    "city": "rome",
    "price": 2.0,
    "user": "ann",
    "tab": 14,
    "ids": 20.0,
    "3": [0.5, -1.0],
    "born_in": "7",
}
# Field -> what its column may hold, odd values included.
VALUES = {
    "city": [
        *("rome", "7", "7.0", "07", "7.00", "-3.0", "0", "0.0", "-0.0", "-0"),
        *("", "Rome", "never seen", "ключ", "rome ", "x"),
    ],
    "born_in": ["", "7.0", "-3", "-03", "1e1"],
    "tab": [0, 1, 14, -1, 15, 2**63 - 1, -(2**63)],
    "ids": [
        *(float("nan"), 0.1, 0.1 - 1e-9, 0.1 - 1e-7, 18.0, 17.9999999, 65.5),
        *(-1e300, 1e300, float("inf"), 18),
    ],
    "price": [float("nan"), 2.5, 1e9, 0.1, 1 / 3, 16777217.0],
    "3": [[0.1, 3.0]],
    "tags": [[], ["a", "b", "c", "d"]],
    "user": [None, "zoé"],
}
ROWS = [GOOD] + [
    {**GOOD, field: value} for field in VALUES for value in VALUES[field]
]
DTYPES = {"city": object, "born_in": object, "tab": "int64"}
DTYPES |= {"ids": "float64", "price": "float64", "3": "float32"}


def direct(schema=SCHEMA):
    model = MMoE(schema, hidden_units=(4,), embedding_dim=3)
    return scattered(model, schema.preprocessor(ROWS))


def feed_of(rows, schema=SCHEMA, hashed=("tags", "user")):
    """The columns as a client of ONNX Runtime has them."""
    feed = {
        f.name: np.array([row[f.name] for row in rows], DTYPES[f.name])
        for f in schema.fields
        if f.name in DTYPES
    }
    feed = {name: x.reshape(len(rows), -1) for name, x in feed.items()}
    if hashed:
        preprocessor = schema.preprocessor
        ids = preprocessor(rows)["ids"].astype("int64")
        columns = [ids[:, preprocessor.id_columns(name)] for name in hashed]
        feed["hashed_ids"] = np.concatenate(columns, axis=1)
    return feed


def session_of(folder):
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(folder / "model_raw.onnx", options)


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    folder = tmp_path_factory.mktemp("raw") / "out"
    return export_model(direct(), folder, formats=["onnx", "onnx_raw"])


def test_inputs_are_the_columns(exported):
    found = {
        x.name: (x.type, x.shape[1:]) for x in session_of(exported).get_inputs()
    }
    assert found == {
        "city": ("tensor(string)", [1]),
        "price": ("tensor(double)", [1]),
        "tab": ("tensor(int64)", [1]),
        "ids": ("tensor(double)", [1]),
        "3": ("tensor(float)", [2]),
        "born_in": ("tensor(string)", [1]),
        "hashed_ids": ("tensor(int64)", [4]),
    }
    manifest = json.loads((exported / "manifest.json").read_text())
    *columns, ids = manifest["raw_inputs"]
    assert ids["fields"] == {"tags": 3, "user": 1}
    assert [x["name"] for x in columns] == list(found)[:-1]
    assert max(manifest["validation"]["max_difference"].values()) < 1e-5


def test_two_runtimes_predict_what_the_predictor_does(exported):
    expected = Predictor(exported).predict(ROWS)
    path = exported / "model_raw.onnx"
    onnx.checker.check_model(str(path), full_check=True)
    feed = feed_of(ROWS)
    outputs = session_of(exported).run(list(expected), feed)
    evaluator = onnx.reference.ReferenceEvaluator(str(path))
    with np.errstate(over="ignore"):  # 1e300 as float32
        others = evaluator.run(list(expected), feed)
    for task, *found in zip(expected, outputs, others, strict=True):
        # Rows are told apart.
        assert len(np.unique(expected[task])) > len(ROWS) / 3
        for values in found:
            assert_near(values[:, 0], expected[task])


@pytest.mark.parametrize("bad", [-1, 60, 2**32 + 3])
def test_ids_outside_of_the_table_are_refused(exported, bad):
    feed = feed_of([GOOD])
    feed["hashed_ids"][0, 3] = bad
    with pytest.raises(Exception, match="indices element out of data bounds"):
        session_of(exported).run(None, feed)


def test_a_predictor_takes_the_other_file(exported):
    with pytest.raises(ValueError, match="`path` must be an export, or the"):
        Predictor(exported / "model_raw.onnx")


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"precision": "float16"},
        {"precision": "int8"},
        {"seen_ids": np.array([[20, 30]])},
        {"tasks": ["buy"]},
        {"opset": 18},
    ],
    ids=lambda options: next(iter(options)),
)
def test_together_with_other_options(tmp_path, options):
    out = export_model(direct(), tmp_path / "out", ["onnx_raw"], **options)
    both = export_model(direct(), tmp_path / "both", ["onnx"], **options)
    expected = Predictor(both).predict(ROWS[:7])
    found = session_of(out).run(list(expected), feed_of(ROWS[:7]))
    for values, task in zip(found, expected, strict=True):
        assert_near(values[:, 0], expected[task])


@pytest.mark.slow
def test_a_converted_graph_without_hashed_fields(tmp_path):
    fields = tuple(f for f in FIELDS if f.name in ("city", "tab", "3"))
    schema = DatasetSchema(
        name="toy", fields=fields, tasks=TASKS, num_buckets=60
    )
    model = scattered(make_toy_model(schema), schema.preprocessor(ROWS))
    out = export_model(model, tmp_path / "out", ["onnx_raw", "saved_model"])
    feed = feed_of(ROWS, schema, hashed=())
    expected = model(schema.preprocessor(ROWS))
    for task, values in expected.items():
        (found,) = session_of(out).run([task], feed)
        assert_near(found, values)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            [FieldSpec(name="user"), FieldSpec(name="age", kind="integer")],
            r"all of whose fields are hashed.*\['user', 'age'\]",
        ),
        (
            [FieldSpec(name="hashed_ids", vocabulary=("a",))],
            "with a field 'hashed_ids', the name of another input",
        ),
    ],
)
def test_models_without_such_a_file(tmp_path, fields, message):
    schema = DatasetSchema(
        name="toy", fields=tuple(fields), tasks=TASKS, num_buckets=60
    )
    model = MMoE(schema, hidden_units=(4,), embedding_dim=3)
    with pytest.raises(ValueError, match=f"`formats` must not .*{message}"):
        export_model(model, tmp_path / "out", ["onnx_raw"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("kind", ["string", "integer"])
def test_keys_are_all_values_that_a_vocabulary_knows(kind):
    texts = ("0", "7", "-12", "007", "x", "1" * 16, "1" * 17, "-0", "")
    field = FieldSpec(name="f", kind=kind, vocabulary=texts)
    rows = {**{text: i for i, text in enumerate(texts)}, None: len(texts)}
    keys = keys_of(field, rows)
    values = {*texts, *(f"{text}.0" for text in texts), "-7", "7.00", "+7"}
    if kind == "integer":
        values = {0, 7, -12, 12, -1, int("1" * 16), int("1" * 17)}
    for value in values:
        expected = rows.get(field.text(value), rows[None])
        assert keys.get(value, rows[None]) == expected, value


def test_vocabularies_beyond_one_file_are_refused(tmp_path, monkeypatch):
    """Nodes hold them, and only constants can be in a second file."""
    model = MMoE(SCHEMA, hidden_units=(4,))
    monkeypatch.setattr(onnx_parts, "MAX_BYTES", 200)
    message = "`formats` must not name 'onnx_raw' .* 200 bytes.*'city': "
    with pytest.raises(ValueError, match=message):
        export_model(model, tmp_path / "out", ["onnx_raw"])
    assert not list(tmp_path.iterdir())
