"""Sharing bodies, towers and their building blocks."""

from mtnas_tf.layers.ada_share import AdaShare
from mtnas_tf.layers.adatt import AdaTT
from mtnas_tf.layers.aitm_towers import AITMTowers
from mtnas_tf.layers.allocation import Allocation
from mtnas_tf.layers.auto_mtl import AutoMTL
from mtnas_tf.layers.bank_normalization import BankNormalization
from mtnas_tf.layers.candidate_gates import CandidateGates
from mtnas_tf.layers.component import Component
from mtnas_tf.layers.component_stack import ComponentStack
from mtnas_tf.layers.cross_stitch import CrossStitch
from mtnas_tf.layers.cross_stitch_unit import CrossStitchUnit
from mtnas_tf.layers.dselect_k import DSelectK
from mtnas_tf.layers.dselect_k_example_gate import DSelectKExampleGate
from mtnas_tf.layers.dselect_k_gate import DSelectKGate
from mtnas_tf.layers.esmm_towers import ESMMTowers
from mtnas_tf.layers.expert_groups import ExpertGroups
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.extraction_network import ExtractionNetwork
from mtnas_tf.layers.factorized_bank import FactorizedBank
from mtnas_tf.layers.feature_gates import FeatureGates
from mtnas_tf.layers.fixed_allocation import FixedAllocation
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.group_mixtures import GroupMixtures
from mtnas_tf.layers.gumbel_allocation import GumbelAllocation
from mtnas_tf.layers.gumbel_choice import GumbelChoice
from mtnas_tf.layers.home import HoME
from mtnas_tf.layers.home_level import HoMELevel
from mtnas_tf.layers.information_transfer import InformationTransfer
from mtnas_tf.layers.l2_constrained import L2Constrained
from mtnas_tf.layers.learning_to_branch import LearningToBranch
from mtnas_tf.layers.me_mmoe import MEMMoE
from mtnas_tf.layers.me_ple import MEPLE
from mtnas_tf.layers.ml_mmoe import MLMMoE
from mtnas_tf.layers.mmoe import MMoE
from mtnas_tf.layers.omoe import OMoE
from mtnas_tf.layers.partitioned_normalization import PartitionedNormalization
from mtnas_tf.layers.ple import PLE
from mtnas_tf.layers.poso import POSO
from mtnas_tf.layers.ppnet import PPNet
from mtnas_tf.layers.resflow_towers import ResFlowTowers
from mtnas_tf.layers.residual_block import ResidualBlock
from mtnas_tf.layers.route_network import RouteNetwork
from mtnas_tf.layers.route_policy import RoutePolicy
from mtnas_tf.layers.routed_layer import RoutedLayer
from mtnas_tf.layers.routing_networks import RoutingNetworks
from mtnas_tf.layers.saved_dropout import SavedDropout
from mtnas_tf.layers.search_block_bank import SearchBlockBank
from mtnas_tf.layers.self_gate import SelfGate
from mtnas_tf.layers.shared_bottom import SharedBottom
from mtnas_tf.layers.shared_embedding import SharedEmbedding
from mtnas_tf.layers.single_task import SingleTask
from mtnas_tf.layers.snr_aver import SNRAver
from mtnas_tf.layers.snr_links import SNRLinks
from mtnas_tf.layers.snr_trans import SNRTrans
from mtnas_tf.layers.star import STAR
from mtnas_tf.layers.star_layer import StarLayer
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.stem_net import STEMNet
from mtnas_tf.layers.step_counter import StepCounter
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.layers.supernet import Supernet
from mtnas_tf.layers.task_activations import TaskActivations
from mtnas_tf.layers.task_copies import TaskCopies
from mtnas_tf.layers.task_heads import TaskHeads
from mtnas_tf.layers.tensor_factorized import TensorFactorized
from mtnas_tf.layers.towers import Towers

__all__ = [
    "SavedDropout",
    "TaskHeads",
    "TaskCopies",
    "RoutedLayer",
    "FixedAllocation",
    "ComponentStack",
    "Component",
    "Allocation",
    "AdaShare",
    "AdaTT",
    "AutoMTL",
    "BankNormalization",
    "CandidateGates",
    "CrossStitch",
    "CrossStitchUnit",
    "DSelectK",
    "DSelectKExampleGate",
    "DSelectKGate",
    "ExpertGroups",
    "AITMTowers",
    "ESMMTowers",
    "Experts",
    "ExtractionNetwork",
    "FactorizedBank",
    "FeatureGates",
    "Gate",
    "GateRecords",
    "L2Constrained",
    "GroupMixtures",
    "MEMMoE",
    "MEPLE",
    "GumbelAllocation",
    "GumbelChoice",
    "HoME",
    "HoMELevel",
    "LearningToBranch",
    "InformationTransfer",
    "MLMMoE",
    "MMoE",
    "OMoE",
    "PLE",
    "POSO",
    "PPNet",
    "PartitionedNormalization",
    "ResidualBlock",
    "ResFlowTowers",
    "RouteNetwork",
    "RoutePolicy",
    "SNRAver",
    "SNRLinks",
    "SNRTrans",
    "STAR",
    "STEMNet",
    "RoutingNetworks",
    "SearchBlockBank",
    "SelfGate",
    "SharedBottom",
    "SharedEmbedding",
    "SingleTask",
    "StarLayer",
    "Stem",
    "StepCounter",
    "SubNetworkBank",
    "Supernet",
    "TaskActivations",
    "TensorFactorized",
    "Towers",
]
