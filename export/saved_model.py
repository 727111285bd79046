"""Writes and loads a SavedModel with the signature `serving_default`."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from .artefact import Artefact
from .freeze import freeze
from .pruned_function import pruned_function
from .spec import ExportSpec
from .tensor_info import TensorInfo

SIGNATURE = "serving_default"


def save_saved_model(model: keras.Model, spec: ExportSpec, path: Path) -> None:
    """Writes the prediction of `model` as a SavedModel.

    Only what the predictions of the spec's tasks depend on is written: no
    optimizer state, nothing of a search, and nothing of other tasks.

    Args:
        model: built `keras.Model`.
        spec: `ExportSpec`.
        path: directory to write.
    """
    traced = freeze(model, spec).get_concrete_function()
    concrete, variables = pruned_function(traced)
    module = tf.Module()
    module.read_variables = variables
    # Gradients of their own, such as swish's, refer to what was pruned.
    options = tf.saved_model.SaveOptions(experimental_custom_gradients=False)
    signatures = {SIGNATURE: concrete}
    tf.saved_model.save(module, str(path), signatures, options)


def load_saved_model(path: Path) -> Artefact:
    """Loads what `save_saved_model` wrote."""
    signature = tf.saved_model.load(str(path)).signatures[SIGNATURE]

    def run(inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        # A lookup on a GPU does not fail outside of the table.
        with tf.device("CPU:0"):
            tensors = {name: tf.constant(x) for name, x in inputs.items()}
            outputs = signature(**tensors)
        return {name: y.numpy() for name, y in outputs.items()}

    return Artefact(
        inputs=_tensor_infos(signature.structured_input_signature[1]),
        outputs=_tensor_infos(signature.structured_outputs),
        run=run,
    )


def _tensor_infos(specs: Mapping[str, Any]) -> tuple[TensorInfo, ...]:
    return tuple(
        TensorInfo(name=name, dtype=x.dtype.name, shape=tuple(x.shape))
        for name, x in specs.items()
    )
