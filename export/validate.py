"""Compares exported files with the model they were made from."""

import functools
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Mapping
from typing import Any

import keras
import numpy as np

from .artefact import Artefact
from .invalid_ids import Arrays
from .invalid_ids import invalid_inputs
from .mismatch import ExportMismatchError
from .mismatch import Mismatch
from .spec import ExportSpec
from .tensor_info import TensorInfo

_Sample = tuple[Arrays, Arrays]


def validate(
    loaders: Mapping[str, Callable[[], Artefact]],
    model: keras.Model,
    spec: ExportSpec,
) -> dict[str, float]:
    """Checks every exported file against `spec` and `model`.

    Names, dtypes, the dynamic batch axis and shapes are compared with `spec`;
    predictions with those of `model`, on random inputs and on the least and
    largest ids. An id outside of the table must make the file fail. No part of
    it may be without effect.

    Args:
        loaders: dict of format -> function that loads the file.
        model: `keras.Model`.
        spec: `ExportSpec`.

    Returns:
        dict: format -> largest absolute difference of a prediction.

    Raises:
        ExportMismatchError: with all mismatches of all files.
    """
    predict = functools.partial(_predict, model, spec)
    inputs = [spec.example(batch_size) for batch_size in spec.batch_sizes]
    extremes = spec.extremes()
    if extremes is not None:
        inputs.append(extremes)
    samples = [(x, predict(_as_read(spec.encoded(x), spec))) for x in inputs]
    invalid = list(
        invalid_inputs(spec, lambda inputs: predict(spec.encoded(inputs)))
    )
    mismatches: list[Mismatch] = []
    differences = {}
    for name, load in loaders.items():
        check = _Check(name, spec)
        differences[name] = check(load, samples, invalid)
        mismatches += check.mismatches
    if mismatches:
        raise ExportMismatchError(mismatches)
    return differences


class _Check:
    """Collects the mismatches of one file."""

    def __init__(self, format_name: str, spec: ExportSpec) -> None:
        self.format = format_name
        self.spec = spec
        self.mismatches: list[Mismatch] = []

    def __call__(
        self,
        load: Callable[[], Artefact],
        samples: list[_Sample],
        invalid: list[tuple[str, Arrays]],
    ) -> float:
        try:
            artefact = load()
        except Exception as error:  # each runtime has errors of its own
            self._add("load", f"the file cannot be loaded: {error}")
            return np.nan
        self._compare_signature("input", self.spec.inputs, artefact.inputs)
        if self.mismatches:
            return np.nan  # it cannot be run
        self._compare_signature("output", self.spec.outputs, artefact.outputs)
        if artefact.unread:
            self._add(
                "unread",
                "every node, constant and input must have an effect on some "
                f"output. Received: {list(artefact.unread)} without any",
            )
        for text, inputs in invalid:
            self._check_refusal(artefact, text, inputs)
        return max(self._compare_sample(artefact, *x) for x in samples)

    def _check_refusal(
        self, artefact: Artefact, text: str, inputs: Arrays
    ) -> None:
        try:
            artefact.run(inputs)
        except Exception:  # each runtime has errors of its own
            return
        self._add(
            "ids",
            f"ids outside of [0, {self.spec.num_buckets}) must fail. "
            f"Received: predictions for {text}",
            name=self.spec.ids_name,
        )

    def _compare_signature(
        self,
        kind: str,
        expected: tuple[TensorInfo, ...],
        received: tuple[TensorInfo, ...],
    ) -> None:
        by_name = {tensor.name: tensor for tensor in received}
        names = {tensor.name for tensor in expected}
        if names != set(by_name):
            self._add(
                "names",
                f"the {kind}s must be {sorted(names)}. "
                f"Received: {sorted(by_name)}",
                name=min(names ^ set(by_name)),
            )
        for tensor in expected:
            if tensor.name in by_name:
                self._compare_tensor(kind, tensor, by_name[tensor.name])

    def _compare_tensor(
        self, kind: str, expected: TensorInfo, received: TensorInfo
    ) -> None:
        for rule, message in _differences(expected, received):
            name = expected.name
            self._add(rule, f"{kind} `{name}` {message}", name=name)

    def _compare_sample(
        self,
        artefact: Artefact,
        inputs: Arrays,
        expected: Arrays,
    ) -> float:
        batch_size = len(next(iter(inputs.values())))
        try:
            received = artefact.run(inputs)
        except Exception as error:  # each runtime has errors of its own
            self._add(
                "run",
                f"batch size {batch_size} fails: {error}",
                batch_size=batch_size,
            )
            return np.nan
        differences = [
            self._compare_values(name, batch_size, y, received[name])
            for name, y in expected.items()
            if name in received
        ]
        return max(differences, default=np.nan)

    def _compare_values(
        self,
        name: str,
        batch_size: int,
        expected: np.ndarray,
        received: np.ndarray,
    ) -> float:
        if expected.shape != received.shape:
            self._add(
                "shape",
                f"output `{name}` must have shape {expected.shape} at batch "
                f"size {batch_size}. Received: {received.shape}",
                name=name,
                batch_size=batch_size,
            )
            return np.nan
        difference = np.abs(expected - received)
        unit = self.spec.scales.get(name, 1.0)
        allowed = self.spec.tolerance * np.maximum(unit, np.abs(expected))
        if not (difference <= allowed).all():  # NaN is not allowed either
            self._add(
                "values",
                f"output `{name}` must agree with the model to "
                f"{self.spec.tolerance}; at batch size {batch_size} it "
                f"differs by {difference.max()}",
                name=name,
                batch_size=batch_size,
                max_difference=float(difference.max()),
            )
        return float(difference.max())

    def _add(self, rule: str, message: str, **details: Any) -> None:
        self.mismatches.append(
            Mismatch(format=self.format, rule=rule, message=message, **details)
        )


def _differences(
    expected: TensorInfo, received: TensorInfo
) -> Iterator[tuple[str, str]]:
    if received.dtype != expected.dtype:
        yield (
            "dtype",
            f"must be {expected.dtype}. Received: {received.dtype}",
        )
    if not received.shape or received.shape[0] is not None:
        yield (
            "dynamic batch",
            "must take any batch size on its first axis. "
            f"Received: shape={received.shape}",
        )
    if received.shape[1:] != expected.shape[1:]:
        yield (
            "shape",
            f"must have shape {expected.shape}. Received: {received.shape}",
        )


def _as_read(
    inputs: Mapping[str, np.ndarray], spec: ExportSpec
) -> Mapping[str, np.ndarray]:
    """The inputs for which the model predicts what the file must."""
    if spec.kept_rows is None or "ids" not in inputs:
        return inputs
    return {**inputs, "ids": spec.kept_rows.read_ids(inputs["ids"])}


def _predict(
    model: keras.Model, spec: ExportSpec, inputs: Mapping[str, np.ndarray]
) -> Arrays:
    num_rows = len(next(iter(inputs.values())))
    inputs = dict(inputs)
    for tensor in spec.unread_inputs:
        shape: Any = (num_rows, *tensor.shape[1:])
        inputs[tensor.name] = np.zeros(shape, tensor.dtype)
    if "ids" in inputs:
        inputs["ids"] = inputs["ids"].astype("int32")
    predictions = model(inputs, training=False)
    return {
        tensor.name: keras.ops.convert_to_numpy(
            predictions[tensor.name]
        ).astype("float32")
        for tensor in spec.outputs
    }
