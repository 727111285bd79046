"""How route logits are learned from a reward batch."""

from mtnas_tf.search.estimators.catalog import ESTIMATORS
from mtnas_tf.search.estimators.catalog import get
from mtnas_tf.search.estimators.estimator import Estimator
from mtnas_tf.search.estimators.gumbel_softmax import GumbelSoftmax
from mtnas_tf.search.estimators.mixture import Mixture
from mtnas_tf.search.estimators.reinforce import Reinforce
from mtnas_tf.search.estimators.two_path import TwoPath
from mtnas_tf.search.estimators.uniform import Uniform

__all__ = [
    "ESTIMATORS",
    "Estimator",
    "GumbelSoftmax",
    "Mixture",
    "Reinforce",
    "TwoPath",
    "Uniform",
    "get",
]
