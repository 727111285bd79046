"""What every model has: an encoder, a base net's shape, a tower per task."""

from pkgutil import resolve_name
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.layers.bank_normalization import KINDS
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.losses.tower_outputs import with_tower_outputs
from mtnas_tf.models.layer_name import layer_name
from mtnas_tf.models.trainable_model import TrainableModel
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import Initializer
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor

ROOT_QUERIES = ("features", "stem")


class MultiTaskModel(TrainableModel):
    """Encoder, optional stem, a body of the subclass, a dense layer a task.

    A tower has one unit, or one for each class of a multi-class task.

    A subclass builds its body in its constructor: `banks`, the layers of its
    sub-networks, by `build_layer`, then the towers by `build_towers`. It
    defines `representations`.

    Args:
        schema: `DatasetSchema`. Fields, tasks and size of the table.
        embedding_dim: int > 0. Width of an embedding. Defaults to `10`.
        root_query: `"features"` (the concatenated embeddings) or `"stem"`:
            what a gate with query `"root"` looks at. Defaults to
            `"features"`.
        stem_units: int > 0, or `None`. Width of a first layer shared by all
            (the paper has one, of 64). Defaults to `None`, none.
        normalization: `None`, `"batch"` or `"layer"`, in the stem and in every
            sub-network. Defaults to `"layer"`.
        gate_normalization: `None` (as in the papers) or `"batch"`, of the
            scores of gates, see `Gate`. Defaults to `"batch"`.
        dropout_rate: float in [0, 1), after every hidden layer. Defaults to
            `0.0`.
        table_initializer: initializer of the embedding table. Defaults to a
            normal distribution of standard deviation `1e-4`.
        **kwargs: Passed to `keras.Model`.

    Call arguments:
        inputs: dict with `ids`, int `(batch, fields)`, and/or `values`, float
            `(batch, floats)`: what the schema's fields feed.

    Returns:
        dict task name -> float32 `(batch, 1)`: the probability of a binary
        task, the predicted value of a regression; `(batch, classes)`: the
        probabilities of a multi-class task.
    """

    banks: list[SubNetworkBank]

    def __init__(
        self,
        schema: DatasetSchema,
        embedding_dim: int = 10,
        root_query: str = "features",
        stem_units: int | None = None,
        normalization: str | None = "layer",
        gate_normalization: str | None = "batch",
        dropout_rate: float = 0.0,
        table_initializer: Initializer = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_instances(DatasetSchema, schema=schema)
        check_ints(embedding_dim=embedding_dim)
        check_choices(ROOT_QUERIES, root_query=root_query)
        if stem_units is not None:
            check_ints(stem_units=stem_units)
        check_choices((None, *KINDS), normalization=normalization)
        check_choices(
            GATE_NORMALIZATIONS, gate_normalization=gate_normalization
        )
        check_fractions(dropout_rate=dropout_rate)
        self.schema = schema
        self.embedding_dim = embedding_dim
        self.root_query = root_query
        self.stem_units = stem_units
        self.normalization = normalization
        self.gate_normalization = gate_normalization
        self.dropout_rate = dropout_rate
        self.table_initializer = table_initializer
        preprocessor = schema.preprocessor
        self.encoder = FeatureEncoder(
            num_fields=len(preprocessor.id_fields),
            num_values=preprocessor.num_values,
            lengths=preprocessor.lengths,
            num_buckets=schema.num_buckets,
            embedding_dim=embedding_dim,
            table_initializer=table_initializer,
            dtype=self.dtype_policy,
            name="encoder",
        )
        self.encoder.build()
        self.stem = None
        if stem_units is not None:
            self.stem = self.new_bank(1, stem_units, name="stem")
            self.stem.build((None, self.root_units))

    @property
    def root_units(self) -> int:
        """Width of the root feature."""
        return self.encoder.units

    @property
    def stem_output_units(self) -> int:
        """Width of what layer 1 reads."""
        return self.stem_units or self.root_units

    @property
    def root_query_units(self) -> int:
        """Width of what a gate with query `"root"` looks at."""
        if self.root_query == "features":
            return self.root_units
        return self.stem_output_units

    @property
    def base_shape(self) -> dict[str, Any]:
        """The arguments of a model on the same base net."""
        return {
            "embedding_dim": self.embedding_dim,
            "root_query": self.root_query,
            "stem_units": self.stem_units,
            "normalization": self.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.dropout_rate,
            "table_initializer": self.table_initializer,
        }

    @property
    def encoders(self) -> list[FeatureEncoder]:
        return [self.encoder]

    def new_bank(self, num_subnetworks: int, units: int, name: str) -> Any:
        """A bank of sub-networks in this model's base shape, not yet built."""
        return SubNetworkBank(
            num_subnetworks,
            units,
            normalization=self.normalization,
            dropout_rate=self.dropout_rate,
            dtype=self.dtype_policy,
            name=name,
        )

    def build_layer(self, layer: int, num_subnetworks: int, units: int) -> Any:
        """The bank of a 0-based layer of sub-networks, built.

        Layer 0 reads the stem; every later sub-network its own mix.
        """
        bank = self.new_bank(num_subnetworks, units, f"layer_{layer + 1}")
        if layer == 0:
            bank.build((None, self.stem_output_units))
        else:
            bank.build((None, num_subnetworks, units))
        return bank

    def build_towers(self, units: int) -> None:
        """Creates the last layer of every task, and marks the model built."""
        self.towers = {
            name: keras.layers.Dense(
                num_outputs,
                dtype=self.dtype_policy,
                name=layer_name("tower", name),
            )
            for name, num_outputs in self.schema.num_outputs.items()
        }
        for tower in self.towers.values():
            tower.build((None, units))
        self.built = True

    def stem_output(
        self,
        root: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> Tensor:
        """What layer 1 reads, `(batch, stem_output_units)`."""
        if self.stem is None:
            return root
        hidden = self.stem(
            root, training=training, use_batch_statistics=use_batch_statistics
        )
        return hidden[:, 0, :]

    def representations(self, inputs: Inputs, training: bool) -> TaskTensors:
        """What each task's tower reads: task name -> `(batch, units)`."""
        raise NotImplementedError

    def logits(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        """Tower outputs before any activation, shaped as the predictions."""
        hidden = self.representations(inputs, training)
        return {
            name: ops.cast(tower(hidden[name]), "float32")
            for name, tower in self.towers.items()
        }

    def call(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        return self.activate(self.logits(inputs, training))

    def activate(self, logits: TaskTensors) -> TaskTensors:
        """Logits -> predictions, by each task's kind and units.

        Losses find the logits beside the predictions.

        Args:
            logits: dict task name -> logits of any shape, those of classes on
                the last axis.
        """
        predictions: TaskTensors = {}
        for task in self.schema.tasks:
            own = logits[task.name]
            activation = resolve_name(TASK_KINDS[task.kind].activation)
            predictions[task.name] = with_tower_outputs(
                activation(task.unscaled(own)), own
            )
        return predictions

    def repeat_by_output(self, weights: Tensor) -> Tensor:
        """A row for each task -> one for each output, next to last axis."""
        counts = self.schema.num_outputs.values()
        if max(counts) == 1:
            return weights
        rows = [
            ops.repeat(weights[..., index : index + 1, :], count, axis=-2)
            for index, count in enumerate(counts)
        ]
        return ops.concatenate(rows, axis=-2)

    def split_by_task(self, outputs: Tensor) -> TaskTensors:
        """Cuts the last axis, all tasks' outputs, into tasks.

        Returns:
            dict task name -> the tensor without that axis; of a multi-class
            task with its classes there.
        """
        parts: TaskTensors = {}
        start = 0
        for name, count in self.schema.num_outputs.items():
            own = start if count == 1 else slice(start, start + count)
            parts[name] = outputs[..., own]
            start += count
        return parts

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "schema": self.schema.to_dict(),
            **self.base_shape,
            "table_initializer": keras.initializers.serialize(
                keras.initializers.get(self.table_initializer)
            ),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Any:
        config = dict(config)
        config["schema"] = DatasetSchema.from_dict(config["schema"])
        return cls(**config)
