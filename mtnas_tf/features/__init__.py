"""Encoders: ids and values of a row, or images -> the root feature."""

from mtnas_tf.features.cross_encoder import CrossEncoder
from mtnas_tf.features.cross_network import CrossNetwork
from mtnas_tf.features.domain_encoder import DomainEncoder
from mtnas_tf.features.epnet import EPNet
from mtnas_tf.features.epnet_encoder import EPNetEncoder
from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.field_vectors import FieldVectors
from mtnas_tf.features.gate_nu import GateNU
from mtnas_tf.features.image_encoder import ImageEncoder
from mtnas_tf.features.pepnet_encoder import PEPNetEncoder
from mtnas_tf.features.root_encoders import RootEncoders
from mtnas_tf.features.shared_and_task_encoders import SharedAndTaskEncoders
from mtnas_tf.features.target_attention import TargetAttention
from mtnas_tf.features.target_attention_encoder import TargetAttentionEncoder
from mtnas_tf.features.task_encoders import TaskEncoders

__all__ = [
    "CrossEncoder",
    "CrossNetwork",
    "FeatureEncoder",
    "FieldVectors",
    "SharedAndTaskEncoders",
    "TargetAttention",
    "TargetAttentionEncoder",
    "DomainEncoder",
    "EPNet",
    "EPNetEncoder",
    "GateNU",
    "ImageEncoder",
    "PEPNetEncoder",
    "RootEncoders",
    "TaskEncoders",
]
