"""The network of a search's route."""

from mtnas_tf.derive.derive_allocation import derive_allocation
from mtnas_tf.derive.derive_route import derive_route
from mtnas_tf.derive.equivalence import max_difference
from mtnas_tf.derive.prune import prune
from mtnas_tf.derive.recalibrate import recalibrate
from mtnas_tf.derive.transfer import build_model
from mtnas_tf.derive.transfer import new_model

__all__ = [
    "derive_allocation",
    "build_model",
    "derive_route",
    "max_difference",
    "new_model",
    "prune",
    "recalibrate",
]
