"""Encoded rows -> the vector a network reads."""

from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.task_encoders import TaskEncoders

__all__ = ["FeatureEncoder", "TaskEncoders"]
