"""Balancing of tasks: `compile(balancing=...)`."""

from mtnas_tf.balancing.balancing import Balancing
from mtnas_tf.balancing.ca_grad import CAGrad
from mtnas_tf.balancing.catalog import BALANCINGS
from mtnas_tf.balancing.catalog import get
from mtnas_tf.balancing.dwa import DWA
from mtnas_tf.balancing.famo import FAMO
from mtnas_tf.balancing.gdod import GDOD
from mtnas_tf.balancing.grad_norm import GradNorm
from mtnas_tf.balancing.gradient_balancing import GradientBalancing
from mtnas_tf.balancing.loss_balancing import LossBalancing
from mtnas_tf.balancing.meta_balance import MetaBalance
from mtnas_tf.balancing.mgda import MGDA
from mtnas_tf.balancing.pc_grad import PCGrad
from mtnas_tf.balancing.uncertainty_weighting import UncertaintyWeighting

__all__ = [
    "BALANCINGS",
    "Balancing",
    "CAGrad",
    "DWA",
    "FAMO",
    "GDOD",
    "GradNorm",
    "GradientBalancing",
    "LossBalancing",
    "MGDA",
    "MetaBalance",
    "PCGrad",
    "UncertaintyWeighting",
    "get",
]
