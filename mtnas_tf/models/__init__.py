"""Every sharing method as a Keras model."""

from mtnas_tf.models.ada_share import AdaShare
from mtnas_tf.models.adatt import AdaTT
from mtnas_tf.models.aitm import AITM
from mtnas_tf.models.allocated_net import AllocatedNet
from mtnas_tf.models.allocation_net import AllocationNet
from mtnas_tf.models.auto_mtl import AutoMTL
from mtnas_tf.models.cgc import CGC
from mtnas_tf.models.cross_stitch import CrossStitch
from mtnas_tf.models.dselect_k import DSelectK
from mtnas_tf.models.esmm import ESMM
from mtnas_tf.models.finite_guard import FiniteGuard
from mtnas_tf.models.fit_progress import FitProgress
from mtnas_tf.models.gumbel_allocation import GumbelAllocation
from mtnas_tf.models.home import HoME
from mtnas_tf.models.l2_constrained import L2Constrained
from mtnas_tf.models.learning_to_branch import LearningToBranch
from mtnas_tf.models.me_mmoe import MEMMoE
from mtnas_tf.models.me_ple import MEPLE
from mtnas_tf.models.ml_mmoe import MLMMoE
from mtnas_tf.models.mmoe import MMoE
from mtnas_tf.models.mtnas import MTNAS
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.models.omoe import OMoE
from mtnas_tf.models.pepnet import PEPNet
from mtnas_tf.models.ple import PLE
from mtnas_tf.models.poso import POSO
from mtnas_tf.models.routing_networks import RoutingNetworks
from mtnas_tf.models.shared_bottom import SharedBottom
from mtnas_tf.models.sharing_monitor import SharingMonitor
from mtnas_tf.models.single_task import SingleTask
from mtnas_tf.models.snr_aver import SNRAver
from mtnas_tf.models.snr_trans import SNRTrans
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.models.star import STAR
from mtnas_tf.models.stem_net import STEMNet
from mtnas_tf.models.tensor_factorized import TensorFactorized
from mtnas_tf.models.zoo import MODELS
from mtnas_tf.presets import ModelCard
from mtnas_tf.presets import from_preset

__all__ = [
    "AllocatedNet",
    "CGC",
    "CrossStitch",
    "DSelectK",
    "AdaShare",
    "AdaTT",
    "AITM",
    "AllocationNet",
    "AutoMTL",
    "ESMM",
    "FiniteGuard",
    "FitProgress",
    "L2Constrained",
    "GumbelAllocation",
    "HoME",
    "LearningToBranch",
    "MODELS",
    "MEMMoE",
    "MEPLE",
    "MLMMoE",
    "MMoE",
    "MTNAS",
    "ModelCard",
    "MultiTaskModel",
    "OMoE",
    "PEPNet",
    "PLE",
    "POSO",
    "SNRAver",
    "SNRTrans",
    "STAR",
    "STEMNet",
    "RoutingNetworks",
    "SharedBottom",
    "SharingMonitor",
    "SingleTask",
    "SparseRouteModel",
    "TensorFactorized",
    "from_preset",
]
