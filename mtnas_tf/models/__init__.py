"""Every sharing method as a Keras model."""

from mtnas_tf.models.ml_mmoe import MLMMoE
from mtnas_tf.models.mmoe import MMoE
from mtnas_tf.models.mtnas import MTNAS
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.ple import PLE
from mtnas_tf.models.route import BlockRoute
from mtnas_tf.models.route import Route
from mtnas_tf.models.route_cost import multiply_adds
from mtnas_tf.models.route_population import RoutePopulation
from mtnas_tf.models.route_space import RouteSpace
from mtnas_tf.models.shared_bottom import SharedBottom
from mtnas_tf.models.single_task import SingleTask
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.models.zoo import MODELS

__all__ = [
    "MODELS",
    "BlockRoute",
    "MLMMoE",
    "MMoE",
    "MTNAS",
    "PLE",
    "MultiTaskModel",
    "Route",
    "RoutePopulation",
    "RouteSpace",
    "SharedBottom",
    "SingleTask",
    "SparseRouteModel",
    "multiply_adds",
]
