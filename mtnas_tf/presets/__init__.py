"""Trained models as directories that another process loads by their names."""

from mtnas_tf.presets.load_preset import from_preset
from mtnas_tf.presets.model_card import ModelCard
from mtnas_tf.presets.save_preset import save_preset

__all__ = ["ModelCard", "from_preset", "save_preset"]
