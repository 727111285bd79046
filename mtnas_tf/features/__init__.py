"""Encoded rows -> the vector a network reads."""

from mtnas_tf.features.feature_encoder import FeatureEncoder

__all__ = ["FeatureEncoder"]
