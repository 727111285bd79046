"""Sharing routes as plain values: no Keras here."""

from mtnas_tf.routes.pareto_front import pareto_front
from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_cost import multiply_adds
from mtnas_tf.routes.route_space import RouteSpace

__all__ = [
    "BlockRoute",
    "Route",
    "RouteSpace",
    "multiply_adds",
    "pareto_front",
]
