"""An MMoE on FuxiCTR's base model and layers; the package ships none."""

import sys
from typing import Any

import torch
from fuxictr.features import FeatureMap
from fuxictr.pytorch.layers import FeatureEmbedding
from fuxictr.pytorch.layers import MLP_Block
from fuxictr.pytorch.models import MultiTaskModel

from benchmarks.mmoe_shape import MMoEShape


class FuxiCTRMMoE(MultiTaskModel):
    """Experts and gates on the embeddings, one dense unit a task; compiled.

    Args:
        shape: `MMoEShape`.
        learning_rate: float. Of Adam.
        **options: passed to the `MLP_Block` of an expert.
    """

    def __init__(
        self, shape: MMoEShape, learning_rate: float, **options: Any
    ) -> None:
        feature_map = _new_feature_map(shape)
        super().__init__(
            feature_map,
            task=["binary_classification"] * len(shape.tasks),
            num_tasks=len(shape.tasks),
            eval_steps=sys.maxsize,
            verbose=0,
            model_root="",
            metrics=[],
        )
        width = len(shape.tables) * shape.embedding_dim
        self.embedding = FeatureEmbedding(feature_map, shape.embedding_dim)
        self.experts = torch.nn.ModuleList(
            MLP_Block(width, [shape.units], **options)
            for _ in range(shape.num_experts)
        )
        self.gates = torch.nn.ModuleList(
            MLP_Block(width, output_dim=shape.num_experts) for _ in shape.tasks
        )
        self.towers = torch.nn.ModuleList(
            MLP_Block(shape.units, output_dim=1) for _ in shape.tasks
        )
        self.compile("adam", "binary_crossentropy", learning_rate)
        self.reset_parameters()

    def forward(self, batch: dict[str, Any]) -> dict[str, Any]:
        features = self.embedding(self.get_inputs(batch), flatten_emb=True)
        experts = torch.stack([e(features) for e in self.experts], dim=1)
        predictions = {}
        for index, task in enumerate(self.feature_map.labels):
            gate = self.gates[index](features).softmax(dim=1)
            mix = (gate.unsqueeze(2) * experts).sum(dim=1)
            activate = self.output_activation[index]
            predictions[f"{task}_pred"] = activate(self.towers[index](mix))
        return predictions

    def probabilities(self, batch: dict[str, Any]) -> Any:
        """Predictions of all tasks, `(batch, tasks)`."""
        return torch.cat(list(self(batch).values()), dim=1)

    def load_weights(self, checkpoint: str) -> None:
        """Does nothing: `fit` would end with a checkpoint never written."""


def _new_feature_map(shape: MMoEShape) -> Any:
    feature_map = FeatureMap("random", data_dir="")
    for name, rows in shape.tables.items():
        feature_map.features[name] = {
            "type": "categorical",
            "source": "",
            "vocab_size": rows,
        }
    feature_map.labels = list(shape.tasks)
    feature_map.num_fields = len(shape.tables)
    feature_map.set_column_index()
    return feature_map
