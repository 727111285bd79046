"""A model: encoder, sharing body, towers."""

import itertools
from collections.abc import Mapping
from typing import Any
from typing import Self

import keras

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features.serialized_layer import serialized_layer
from mtnas_tf.layers import BankNormalization
from mtnas_tf.layers import GateRecords
from mtnas_tf.layers import Towers
from mtnas_tf.models.settled_model import input_specs
from mtnas_tf.models.traced_cost import traced_multiply_adds
from mtnas_tf.models.trainable_model import TrainableModel
from mtnas_tf.optimizers import settled
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Dataset
from mtnas_tf.types import DType
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors

PARTS = ("encoder", "body", "towers")


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MultiTaskModel(TrainableModel):
    """Three parts, each of which may be a user's own Keras layer.

        root = encoder(inputs)                    (batch, root_units)
        {task: representation} = body(root)       (batch, units) each
        {task: prediction} = towers({task: representation})

    An encoder may also return one root feature for each task, as a dict, if the
    body reads that.

    A model is saved as its parts, whichever constructor put them together: a
    subclass that only does that needs no `get_config`.

    Args:
        schema: `DatasetSchema`. Fields and tasks.
        body: the sharing body, such as `mtnas_tf.layers.MMoE`.
        encoder: layer of the inputs. Defaults to `None`, a
            `FeatureEncoder` of the schema's fields.
        towers: layer of the body's outputs. Defaults to `None`, `Towers` of
            the schema's tasks without hidden layers.
        name: string. Defaults to `None`, a name made from the class.
        dtype: dtype or policy. Defaults to `None`, Keras's own.

    Call arguments:
        inputs: dict with `ids`, int `(batch, fields)`, and/or `values`, float
            `(batch, floats)`, as the schema's fields need.
        training: bool. Defaults to `False`.

    Attributes:
        needs_domain: bool. Whether the schema of such a model must list
            `domains`.

    Returns:
        dict task name -> float32 `(batch, 1)`: the probability of a binary
        task, the predicted value of a regression; `(batch, classes)`: the
        probabilities of a multi-class task.

    Raises:
        ValueError: if a part is not a layer, or has no output for some task.

    Example:
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=(mt.data.FieldSpec(name="user"),),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ...     num_buckets=7,
    ... )
    >>> body = mt.layers.SharedBottom(schema.task_names, hidden_units=(8, 4))
    >>> model = mt.models.MultiTaskModel(schema, body)
    >>> model({"ids": np.array([[0], [3]])})["click"].shape
    TensorShape([2, 1])
    """

    needs_domain = False

    def __init__(
        self,
        schema: DatasetSchema,
        body: keras.layers.Layer,
        encoder: keras.layers.Layer | None = None,
        towers: keras.layers.Layer | None = None,
        name: str | None = None,
        dtype: DType = None,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        check_instances(DatasetSchema, schema=schema)
        policy = self.dtype_policy
        if encoder is None:
            encoder = FeatureEncoder.from_schema(
                schema, dtype=policy, name="encoder"
            )
        if towers is None:
            towers = Towers(schema.tasks, dtype=policy, name="towers")
        check_instances(
            keras.layers.Layer, body=body, encoder=encoder, towers=towers
        )
        self.schema = schema
        self.encoder: keras.layers.Layer = encoder
        self.body: keras.layers.Layer = body
        self.towers: keras.layers.Layer = towers
        self._build_parts()
        self.built = True

    def call(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        representations = self.body(self.encoder(inputs))
        predictions: TaskTensors = self.towers(representations)
        return predictions

    def costs(self) -> dict[str, int]:
        return {
            **super().costs(),
            "Multiply-adds of a row behind the embeddings": (
                traced_multiply_adds(self)
            ),
        }

    @property
    def batch_norms(self) -> list[BankNormalization]:
        """Every batch normalization of the parts."""
        return [
            layer
            for layer in self._flatten_layers()
            if isinstance(layer, BankNormalization) and layer.kind == "batch"
        ]

    def sharing(
        self, batches: Dataset, steps: int | None = None
    ) -> list[SharingMatrix]:
        """Who reads what in the sharing body and the towers, layer by layer.

        Args:
            batches: a `tf.data.Dataset`, see `evaluate`; gates that depend on
                the row are a mean over its rows.
            steps: int. Batches to read. Defaults to all.

        Returns:
            a `SharingMatrix` for each layer, none of parts without gates and
            choices; see `GateRecords.matrices` for a part of your own.

        Example:
        >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
        >>> model = mt.models.MMoE(data.schema, num_experts=8)
        >>> (matrix,) = model.sharing(data.valid, steps=1)
        >>> matrix.weights.shape
        (2, 8)
        """
        records = self.gate_records(batches, steps)
        return records.matrices(self.body) + records.matrices(self.towers)

    def get_config(self) -> Config:
        return {
            "name": self.name,
            "dtype": keras.dtype_policies.serialize(self.dtype_policy),
            "schema": self.schema.to_dict(),
            **{part: serialized_layer(getattr(self, part)) for part in PARTS},
        }

    @classmethod
    def from_config(
        cls, config: Config, custom_objects: Mapping[str, object] | None = None
    ) -> Self:
        if "body" not in config:
            raise ValueError(
                f"This {cls.__name__} was saved by a version of mtnas_tf from "
                "before models were made of an encoder, a body and towers "
                "(0.1.0 in development). Load and export it with that version, "
                f"or train it again. Received: {sorted(config)}"
            )
        parts = {
            part: keras.saving.deserialize_keras_object(
                config[part], custom_objects=custom_objects
            )
            for part in PARTS
        }
        schema = DatasetSchema.from_dict(config["schema"])
        model = cls.__new__(cls)
        MultiTaskModel.__init__(model, **{**config, **parts, "schema": schema})
        return model

    def gate_records(
        self, batches: Dataset, steps: int | None = None
    ) -> GateRecords:
        """What all gates of body and towers give to their values.

        Args:
            batches: see `sharing`.
            steps: int. Batches to read. Defaults to all.
        """
        with settled(self.tables), GateRecords() as records:
            for inputs, *_ in itertools.islice(batches, steps):
                self.towers(self.body(self.encoder(inputs)))
        return records

    def _build_parts(self) -> None:
        """Builds the parts in turn, and checks their outputs."""
        tensors: Any = {
            name: keras.KerasTensor(spec.shape, spec.dtype.name)
            for name, spec in input_specs(self.schema).items()
        }
        for part in PARTS:
            tensors = getattr(self, part)(tensors)
            if part != "encoder":
                self._check_tasks(part, tensors)

    def _check_tasks(self, part: str, outputs: object) -> None:
        tasks = self.schema.task_names
        given = list(outputs) if isinstance(outputs, dict) else outputs
        if not isinstance(outputs, dict) or not set(tasks) <= set(outputs):
            raise ValueError(
                f"`{part}` must return a dict with an entry for each task "
                f"{tasks}. Received: {given}"
            )
