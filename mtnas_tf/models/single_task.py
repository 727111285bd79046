"""One network per task, nothing shared."""

from typing import Any

import keras

from mtnas_tf.arguments import check_instances
from mtnas_tf.data import DatasetSchema
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.models.layer_name import layer_name
from mtnas_tf.models.shared_bottom import SharedBottom
from mtnas_tf.models.trainable_model import TrainableModel
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SingleTask(TrainableModel):
    """A `SharedBottom` for each task, with an embedding table of its own.

    The networks train side by side on the same batches; no gradient of one
    task reaches another's weights.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Hidden layers beside a stem. Defaults to `1`.
        units: int > 0. Width of a hidden layer. Defaults to `64`.
        name: string. Defaults to a name made from the class.
        dtype: dtype or policy. Defaults to Keras's.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 1,
        units: int = 64,
        name: str | None = None,
        dtype: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, dtype=dtype)
        check_instances(DatasetSchema, schema=schema)
        self.schema = schema
        self.networks = {
            task.name: SharedBottom(
                schema.with_tasks([task.name]),
                num_layers=num_layers,
                units=units,
                name=layer_name("single", task.name),
                dtype=self.dtype_policy,
                **kwargs,
            )
            for task in schema.tasks
        }
        self.built = True

    @property
    def encoders(self) -> list[FeatureEncoder]:
        return [network.encoder for network in self.networks.values()]

    def call(self, inputs: Inputs, training: bool = False) -> TaskTensors:
        outputs: TaskTensors = {}
        for network in self.networks.values():
            outputs.update(network(inputs, training=training))
        return outputs

    def get_config(self) -> dict[str, Any]:
        network = next(iter(self.networks.values()))
        return {
            **network.get_config(),
            "name": self.name,
            "schema": self.schema.to_dict(),
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Any:
        schema = DatasetSchema.from_dict(config["schema"])
        return cls(**{**config, "schema": schema})
