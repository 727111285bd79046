"""The graph in front of a model: ids and values, bit by bit."""

import numpy as np
import onnx
import onnx.reference
import onnxruntime
import pytest
from onnx import helper

from export.onnx_parts import OnnxParts
from export.raw_graph import add_raw_inputs
from export.raw_spec import RawSpec
from export.spec import ExportSpec
from export.tensor_info import TensorInfo
from mtnas_preprocessing import FieldSpec
from mtnas_preprocessing import Preprocessor

INT64 = np.iinfo(np.int64)
FLOAT32 = np.finfo(np.float32)
BOUNDARIES = (-np.inf, -1e38, 1e-45, 0.1, 1, 16777217, 3.4e38)
TEXTS = ("é", "e\u0301", "7", "x\ny", "a\0b", "NaN", "0", "1" * 16, "1" * 17)
# What may stand around a text.
FORMS = ("{}", "{}.0", "-{}.0", "-{}", "{}.00", "+{}", "{}.0\n")
NUMBERS = np.array(
    [
        *(np.nan, -np.nan, np.inf, -np.inf, 0.0, -0.0, 5e-324, 7e-46, 1e39),
        *(0.1, float(np.float32(0.1)), 0.1 - 1e-9, 16777216.0, 16777217.0),
        *np.nextafter(np.array(BOUNDARIES, np.float32).astype(float), -np.inf),
        *(1 / 3, 1e-30, float(FLOAT32.max), -float(FLOAT32.max)),
    ]
)


def graph_of(*fields, opset=26):
    """A model that hands its inputs on, with raw columns in front of it."""
    preprocessor = Preprocessor(fields, num_buckets=1000)
    shapes = {"ids": preprocessor.num_ids, "values": preprocessor.num_values}
    dtypes = {"ids": "int64", "values": "float32"}
    inputs, outputs = (
        tuple(
            TensorInfo(name=prefix + k, dtype=dtypes[k], shape=(None, size))
            for k, size in shapes.items()
            if size
        )
        for prefix in ("", "read_")
    )
    proto = helper.make_model(
        helper.make_graph(
            [
                helper.make_node("Identity", [x.name], [y.name])
                for x, y in zip(inputs, outputs, strict=True)
            ],
            "model",
            list(map(declared, inputs)),
            list(map(declared, outputs)),
        ),
        opset_imports=[helper.make_opsetid("", opset)],
        ir_version=helper.find_min_ir_version_for(
            [helper.make_opsetid("", opset)]
        ),
    )
    spec = ExportSpec(
        inputs=inputs,
        outputs=outputs,
        num_buckets=1000,
        may_pad=tuple(preprocessor.may_pad.tolist()),
        opset=opset,
    )
    raw = RawSpec.of(spec, preprocessor)
    add_raw_inputs(OnnxParts(proto), raw)
    onnx.checker.check_model(proto, full_check=True)
    return proto, raw


def declared(tensor):
    dtype = helper.np_dtype_to_tensor_dtype(np.dtype(tensor.dtype))
    return helper.make_tensor_value_info(
        tensor.name, dtype, ["batch", tensor.shape[1]]
    )


def check(proto, raw, columns):
    """Two runtimes and the contract encode as `Preprocessor` does."""
    expected = raw.preprocessor(
        {name: column[:, 0].tolist() for name, column in columns.items()}
    )
    session = onnxruntime.InferenceSession(proto.SerializeToString())
    evaluator = onnx.reference.ReferenceEvaluator(proto)
    with np.errstate(over="ignore"):  # 1e39 as float32
        found = [
            [raw.encoded(columns)[x.name] for x in raw.spec.inputs],
            session.run(None, columns),
            evaluator.run(None, columns),
        ]
    for arrays in found:
        for tensor, array in zip(raw.spec.inputs, arrays, strict=True):
            assert array.dtype == tensor.dtype
            np.testing.assert_array_equal(array, expected[tensor.name])


@pytest.mark.parametrize("opset", [18, 26])
@pytest.mark.parametrize("vocabulary", [(), ("7",), TEXTS, (*TEXTS, "")])
def test_texts(vocabulary, opset):
    proto, raw = graph_of(
        FieldSpec(name="city", vocabulary=vocabulary), opset=opset
    )
    texts = [*TEXTS, "", "7 ", " 7", "07", "x", "a", "nan", "٧", "None"]
    forms = [form.format(text) for text in texts for form in FORMS]
    check(proto, raw, {"city": np.array(forms, object)[:, None]})


@pytest.mark.parametrize(
    "vocabulary",
    [(), ("x",), ("-1",), ("0", str(INT64.max), str(INT64.min), str(2**63))],
)
def test_integers(vocabulary):
    field = FieldSpec(name="age", kind="integer", vocabulary=vocabulary)
    proto, raw = graph_of(field)
    numbers = [-1, 0, 1, INT64.max, INT64.max - 1, INT64.min]
    check(proto, raw, {"age": np.array(numbers, np.int64)[:, None]})


def test_buckets():
    field = FieldSpec(name="price", kind="float", boundaries=BOUNDARIES)
    check(*graph_of(field), {"price": NUMBERS[:, None]})


@pytest.mark.parametrize(("mean", "scale"), [(0.0, 1.0), (1 / 3, 0.7), (2, 3)])
def test_standardized(mean, scale):
    field = FieldSpec(name="price", kind="float", mean=mean, scale=scale)
    numbers = NUMBERS[~(np.abs(NUMBERS) > FLOAT32.max / 2)]
    check(*graph_of(field), {"price": numbers[:, None]})
