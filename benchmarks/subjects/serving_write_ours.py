"""Files of `mtnas_tf`'s networks: two tasks, layers of four sub-networks.

No normalization, as in the models of other libraries; `derived layer norm` has
the library's default.
"""

import pathlib
from typing import Any

import keras

import mtnas_tf as mt
from benchmarks.serving_routes import FOUND
from benchmarks.serving_routes import SPARSE
from benchmarks.workload import Workload
from benchmarks.workload_models import new_schema
from export import export_model


def write(workload: Workload, directory: pathlib.Path) -> dict[str, Any]:
    """Writes ONNX files, and a SavedModel and `model.keras` of `derived`.

    Returns:
        `derived_weight_bytes`: what its weights take in float32.
    """
    keras.utils.set_random_seed(0)
    derived = _network(workload, mt.models.SparseRouteModel, route=SPARSE)
    formats = ("onnx", "saved_model")
    export_model(derived, directory / "derived", formats)
    derived.save(directory / "derived.keras")
    for precision in ("float16", "int8"):
        target = directory / f"derived_{precision}"
        export_model(derived, target, ("onnx",), precision)
    others = {
        "derived_layer_norm": _network(
            workload,
            mt.models.SparseRouteModel,
            route=SPARSE,
            normalization="layer",
            gate_normalization="batch",
        ),
        "found": _network(workload, mt.models.SparseRouteModel, route=FOUND),
        "ml_mmoe": _network(
            workload, mt.models.MLMMoE, num_experts=workload.num_experts
        ),
        "mmoe": _network(
            workload, mt.models.MMoE, num_experts=workload.num_experts
        ),
    }
    for name, model in others.items():
        export_model(model, directory / name, ("onnx",))
    return {"derived_weight_bytes": 4 * derived.count_params()}


def _network(
    workload: Workload, model_class: Any, **kwargs: Any
) -> keras.Model:
    plain = {"normalization": None, "gate_normalization": None}
    kwargs = plain | kwargs
    return model_class(
        new_schema(workload),
        units=workload.units,
        embedding_dim=workload.embedding_dim,
        table_initializer=keras.initializers.RandomNormal(stddev=0.05),
        **kwargs,
    )
