"""The default space of a search among candidates."""

from collections.abc import Sequence

from mtnas_tf.data import DatasetSchema
from mtnas_tf.routes import RouteSpace


def new_space(
    schema: DatasetSchema,
    num_layers: int,
    num_subnetworks: int,
    num_tables: int = 1,
    has_linear: bool = False,
    subnetwork_units: Sequence[int] | None = None,
) -> RouteSpace:
    """The default space of a search, which includes MMoE.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0.
        num_subnetworks: int > 0.
        num_tables: int > 0. Defaults to `1`.
        has_linear: bool. Defaults to `False`.
        subnetwork_units: sequence of int > 0. Defaults to `None`.
    """
    return RouteSpace(
        schema.task_names,
        num_layers,
        num_subnetworks,
        dedup_singletons=True,
        value_scope="all_prev",
        num_tables=num_tables,
        has_linear=has_linear,
        subnetwork_units=subnetwork_units,
    )
