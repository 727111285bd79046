"""Sharing routes as plain values: no Keras here."""

from mtnas_tf.routes.allocation_plan import AllocationPlan
from mtnas_tf.routes.expert_use import expert_use
from mtnas_tf.routes.pareto_front import pareto_front
from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_cost import multiply_adds
from mtnas_tf.routes.route_preset import from_preset
from mtnas_tf.routes.route_preset import preset_evidence
from mtnas_tf.routes.route_space import RouteSpace
from mtnas_tf.routes.sharing_matrix import SharingMatrix
from mtnas_tf.routes.sharing_space import SharingSpace
from mtnas_tf.routes.unrolled_route import UnrolledRoute

__all__ = [
    "AllocationPlan",
    "BlockRoute",
    "Route",
    "RouteSpace",
    "SharingMatrix",
    "SharingSpace",
    "UnrolledRoute",
    "expert_use",
    "from_preset",
    "multiply_adds",
    "pareto_front",
    "preset_evidence",
]
