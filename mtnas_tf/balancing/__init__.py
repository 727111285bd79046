"""Balancing of tasks: `compile(balancing=...)`."""

from mtnas_tf.balancing.balancing import Balancing
from mtnas_tf.balancing.catalog import BALANCINGS
from mtnas_tf.balancing.catalog import get
from mtnas_tf.balancing.dwa import DWA
from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.balancing.loss_balancing import LossBalancing
from mtnas_tf.balancing.pc_grad import PCGrad
from mtnas_tf.balancing.uncertainty_weighting import UncertaintyWeighting

__all__ = [
    "BALANCINGS",
    "Balancing",
    "DWA",
    "GradientBalancing",
    "LossBalancing",
    "PCGrad",
    "UncertaintyWeighting",
    "get",
]
