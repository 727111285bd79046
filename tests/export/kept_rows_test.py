"""Exports without the embeddings of ids that no training row has."""

import json

import numpy as np
import onnx
import onnxruntime
import pytest
import tiny_models
import toy_roles
from tolerances import assert_near

from export import export_model
from export.kept_rows import KeptRows
from export.serving import Predictor
from mtnas_preprocessing import PADDING
from mtnas_preprocessing.vocabulary_rows import rows_of_vocabularies
from mtnas_tf.models import MODELS

SCHEMA = toy_roles.SCHEMA
NUM_ROWS = SCHEMA.num_buckets
ROWS = toy_roles.make_split(40).inputs
NUM_OWNED = rows_of_vocabularies(SCHEMA.fields)[1]
# Of the other rows of the table some are seen.
SEEN = np.array([NUM_OWNED, NUM_OWNED + 2, NUM_ROWS - 1])
ALL = np.arange(NUM_ROWS)
KEPT = np.isin(ALL, SEEN) | (ALL < NUM_OWNED)


def make(name):
    """A model whose tables have rows far apart."""
    model = tiny_models.make_model(name, SCHEMA)
    rng = np.random.default_rng(3)
    for weight in model.weights:
        if len(weight.shape) == 2 and weight.shape[0] == NUM_ROWS:
            weight.assign(rng.normal(size=weight.shape))
    return model


def export(model, path, seen_ids=SEEN, **options):
    return export_model(
        model, path, formats=["onnx"], seen_ids=seen_ids, **options
    )


def shared_row(model):
    """The unseen row nearest to their mean, over all tables."""
    distances = np.zeros(NUM_ROWS)
    for weight in model.weights:
        if len(weight.shape) == 2 and weight.shape[0] == NUM_ROWS:
            table = weight.numpy()
            mean = table[~KEPT].mean(axis=0)
            distances += ((table - mean) ** 2).sum(axis=1)
    return int(np.flatnonzero(~KEPT)[distances[~KEPT].argmin()])


def test_the_test_has_something_to_drop():
    ids = ROWS["ids"]
    assert NUM_OWNED and (~KEPT).sum() > 2
    assert (ids == PADDING).any() and (~KEPT[ids[ids >= 0]]).any()


@pytest.mark.parametrize(
    "name",
    [
        "mmoe",  # written directly
        "single_task",  # with a table for each task
        # converted
        pytest.param("ple", marks=pytest.mark.slow),
        pytest.param("star", marks=pytest.mark.slow),
    ],
)
def test_other_ids_read_the_row_of_one_of_them(name, tmp_path):
    model = make(name)
    out = export(model, tmp_path / "out")
    shared, ids = shared_row(model), ROWS["ids"]
    read = np.where((ids == PADDING) | KEPT[ids], ids, shared)
    expected = model({**ROWS, "ids": read})
    whole = model(ROWS)
    received = Predictor(out).predict_ids(**ROWS)
    for task, values in received.items():
        assert_near(values, expected[task].numpy()[:, 0])
        assert np.abs(values - whole[task].numpy()[:, 0]).max() > 1e-3

    proto = onnx.load(str(out / "model.onnx"))
    num_kept = KEPT.sum() + 1
    heights = {x.dims[0] for x in proto.graph.initializer if len(x.dims) == 2}
    assert NUM_ROWS not in heights and num_kept in heights
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["table_rows"] == {"model": NUM_ROWS, "files": num_kept}


@pytest.mark.parametrize("precision", ["float16", "int8"])
def test_with_fewer_bytes_a_number(precision, tmp_path):
    model = make("mmoe")
    out = export(model, tmp_path / "out", precision=precision)
    ids = np.where(KEPT[ROWS["ids"]], ROWS["ids"], shared_row(model))
    ids = np.where(ROWS["ids"] == PADDING, PADDING, ids)
    expected = model({**ROWS, "ids": ids})
    for task, values in Predictor(out).predict_ids(**ROWS).items():
        near = expected[task].numpy()[:, 0]
        np.testing.assert_allclose(values, near, atol=5e-2)


@pytest.mark.parametrize("bad_id", [-1, NUM_ROWS, 2**32 + 3])
def test_ids_outside_of_the_table_are_refused(bad_id, tmp_path):
    out = export(make("mmoe"), tmp_path / "out")
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(str(out / "model.onnx"), options)
    feed = {**ROWS, "ids": ROWS["ids"].astype("int64")}
    feed["ids"][0, 0] = bad_id
    with pytest.raises(Exception, match="indices element out of data bounds"):
        session.run(None, feed)


def test_a_model_whose_rows_were_all_seen(tmp_path):
    model = make("mmoe")
    out = export(model, tmp_path / "out", np.array([ALL, ALL]))
    received = Predictor(out).predict_ids(**ROWS)
    for task, values in model(ROWS).items():
        assert_near(received[task], values.numpy()[:, 0])


def test_ids_that_are_read():
    kept = KeptRows(1000, np.arange(0, 1000, 4), 8)
    assert kept.positions.dtype == np.int32
    ids = np.array([[0, 1, PADDING], [999, 996, 8]])
    np.testing.assert_array_equal(
        kept.read_ids(ids), [[0, 8, PADDING], [8, 996, 8]]
    )


@pytest.mark.parametrize(
    ("seen_ids", "message"),
    [
        (np.array([0.5]), "must hold integers.*dtype=float64"),
        (np.array([], int), r"must hold integers, at least one.*\(0,\)"),
        (np.array([3, NUM_ROWS]), f"must lie in .*from 3 to {NUM_ROWS}"),
        (np.array([-2, 3]), "must lie in .*from -2 to 3"),
    ],
)
def test_ids_that_are_none(seen_ids, message, tmp_path):
    with pytest.raises(ValueError, match=f"`seen_ids` {message}"):
        export(MODELS["mmoe"](SCHEMA), tmp_path / "out", seen_ids)
    assert not list(tmp_path.iterdir())


def test_a_saved_model_has_all_rows(tmp_path):
    with pytest.raises(ValueError, match=r"`formats` must be some of"):
        export_model(MODELS["mmoe"](SCHEMA), tmp_path / "out", seen_ids=SEEN)
