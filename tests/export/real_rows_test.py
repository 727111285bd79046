"""Raw rows of real data: five runtimes, one prediction.

A network is trained for an epoch on the first records of the raw files. What
Keras predicts of the test rows, as training has encoded them, is compared with
what each runtime makes of the raw rows. The last of these are a record whose
fields are written in other ways, are missing, or were never seen.
"""

import dataclasses
import os
from datetime import date

import keras
import node_runtime
import numpy as np
import pandas as pd
import pytest
import real_rows
import tensorflow as tf
from keras import ops

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor
from mtnas_preprocessing.raw_value import is_missing
from mtnas_tf.data.pipeline import schema_of

pytestmark = [pytest.mark.slow, pytest.mark.real_data]
TOLERANCE = 1e-5  # that of an export
NUM_ROWS = 2000
NAN = float("nan")
READERS = {
    "book_crossing": real_rows.book_crossing_rows,
    "kuairand": real_rows.kuairand_rows,
}
# Field -> a value as a client may send it, and as the records have it.
ODD = {
    "book_crossing": [
        ("user_id", 276729, "276729"),
        ("user_id", 276729.0, "276729"),
        ("user_id", "276729.0", "276729"),
        ("user_id", b"276729", "276729"),
        ("user_id", "never seen", "never seen"),
        ("isbn", None, ""),
        ("isbn", "0", "0"),
        ("isbn", "0.00", "0.00"),
        ("city", NAN, ""),
        ("title", "Café | ключ, 7", "Café | ключ, 7"),
        ("age", None, -1),
        ("age", NAN, -1),
        ("age", "NULL", -1),
        ("age", "34", 34),
        ("age", " 34.0 ", 34),
        ("age", np.float32(34), 34),
        ("age", 239, 239),
        ("year", "+1999", 1999),
        ("year", 3000, 3000),
    ],
    "kuairand": [
        ("user_id", "712", 712),
        ("user_id", 712.0, 712),
        ("user_id", 10**12, 10**12),
        ("video_id", None, -1),
        ("tab", "1", 1),
        ("tab", 1.0, 1),
        ("tab", 99, 99),
        ("tab", None, -1),
        ("tab", "NA", -1),
        ("first_tag", 39, "39"),
        ("first_tag", "39.0", "39"),
        ("first_tag", None, ""),
        ("follow_user_num_range", "500+", "500+"),
        ("is_live_streamer", "-124", -124),
        ("onehot_feat3", "1e2", 100),
        ("onehot_feat12", "true", 1),
        ("onehot_feat17", "", -1),
    ],
}
# Neither training nor serving takes these.
WRONG = {
    "book_crossing": [
        ("user_id", ["276729"]),
        ("user_id", 2.0**60),
        ("isbn", date(2004, 9, 1)),
        ("age", "old"),
        ("age", 34.5),
        ("year", float("inf")),
    ],
    "kuairand": [
        ("user_id", "u712"),
        ("tab", 1.5),
        ("tab", "1,2"),
        ("video_id", 2.0**60),
        ("first_tag", {"39": 1}),
    ],
}


@dataclasses.dataclass
class Case:
    """A trained network, its export, and test rows with what Keras predicts."""

    name: str
    schema: mt.data.DatasetSchema
    folder: str
    rows: list
    inputs: dict
    expected: dict

    def check(self, predictions):
        assert predictions.keys() == self.expected.keys()
        for task, values in self.expected.items():
            found = np.reshape(predictions[task], np.shape(values))
            np.testing.assert_allclose(found, values, rtol=0, atol=TOLERANCE)


@pytest.fixture(scope="module", params=READERS)
def case(request, tmp_path_factory):
    if not os.environ.get("MTNAS_RAW_DIR"):
        pytest.skip("MTNAS_RAW_DIR does not say where the raw files are")
    name = request.param
    records = READERS[name](NUM_ROWS)
    odd = ODD[name]
    rows = records + [{**records[-1], field: value} for field, value, _ in odd]
    records += [{**records[-1], field: value} for field, _, value in odd]
    data = mt.data.from_dataframe(
        pd.DataFrame(records).assign(place=range(len(records))),
        schema=schema_of(name),
        num_buckets=8192,
        split=mt.data.RowSplit(kind="time", column="place"),
        batch_size=128,
        reward_batch_size=128,
    )
    keras.utils.set_random_seed(0)
    table = keras.initializers.RandomNormal(stddev=0.5)
    model = mt.models.MMoE(data.schema, table_initializer=table)
    model.compile(jit_compile=False)
    model.fit(data.train, verbose=0)
    test = data.splits["test"]
    folder = tmp_path_factory.mktemp(name) / "export"
    return Case(
        name=name,
        schema=data.schema,
        folder=export_model(model, folder),
        rows=rows[-len(test) :],
        inputs=test.inputs,
        expected=model.predict(test.inputs, verbose=0),
    )


def test_rows_are_told_apart(case):
    for values in case.expected.values():
        assert np.ptp(values) > 100 * TOLERANCE


def test_ids_are_those_of_training(case):
    encoded = Predictor(case.folder).encode(case.rows)
    assert encoded.keys() == case.inputs.keys() == {"ids"}
    np.testing.assert_array_equal(encoded["ids"], case.inputs["ids"])


def test_onnx(case):
    predictor = Predictor(case.folder)
    case.check(predictor.predict(case.rows))
    case.check(predictor.predict(pd.DataFrame(case.rows, dtype=object)))


def test_saved_model(case):
    served = tf.saved_model.load(str(case.folder / "saved_model"))
    ids = Predictor(case.folder).encode(case.rows)["ids"]
    outputs = served.signatures["serving_default"](ids=ops.cast(ids, "int64"))
    case.check({task: y.numpy() for task, y in outputs.items()})


def test_node(case, tmp_path):
    node_runtime.require("onnxruntime-node")
    ids = Predictor(case.folder).encode(case.rows)["ids"].astype("int64")
    file = case.folder / "model.onnx"
    case.check(
        node_runtime.run("onnxruntime-node", file, {"ids": ids}, tmp_path)
    )


def test_server(case, tmp_path):
    pytest.importorskip("kserve")
    import httpx
    import protocol_client

    def ask(rows):
        tensors = {
            field.name: ("BYTES", _texts(row[field.name] for row in rows))
            for field in case.schema.fields
        }
        body, _ = protocol_client.rest_body(tensors)
        url = f"{server.rest}/v2/models/export/infer"
        return httpx.post(url, content=body)

    with protocol_client.running(case.folder, tmp_path / "log") as server:
        case.check(protocol_client.rest_outputs(ask(case.rows)))
        for field, value in WRONG[case.name]:
            if isinstance(value, str):
                refused = ask([case.rows[0], {**case.rows[0], field: value}])
                assert refused.status_code == 400
                assert f"`{field}`" in refused.json()["error"]


def _texts(values):
    """What is written between commas of a CSV file."""
    values = [x.decode() if isinstance(x, bytes) else x for x in values]
    return np.array(["" if is_missing(x) else str(x) for x in values], object)


def test_wrong_values_are_refused_everywhere(case):
    predictor = Predictor(case.folder)
    labels = dict.fromkeys(case.schema.task_names, 1.0)
    good = {**case.rows[0], **labels}
    for field, value in WRONG[case.name]:
        rows = [good, {**good, field: value}]
        with pytest.raises(ValueError, match=f"^Row 1: .*`{field}`"):
            predictor.predict(rows)
        with pytest.raises(ValueError, match=f"`{field}`"):
            mt.data.from_dataframe(
                pd.DataFrame(rows, dtype=object), schema=case.schema
            )
