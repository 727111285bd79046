"""Encoders: ids and values of a row -> the root feature."""

from mtnas_tf.features.feature_encoder import FeatureEncoder
from mtnas_tf.features.shared_and_task_encoders import SharedAndTaskEncoders
from mtnas_tf.features.task_encoders import TaskEncoders

__all__ = ["FeatureEncoder", "SharedAndTaskEncoders", "TaskEncoders"]
