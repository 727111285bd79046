"""Shared bottom: one network for all tasks, a tower each."""

from typing import Any

import keras

from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.ml_mmoe import MLMMoE


@keras.saving.register_keras_serializable(package="mtnas_tf")
class SharedBottom(MLMMoE):
    """Everything but the towers is shared.

        h = relu(.. relu(x W_1 + b_1) .. W_L + b_L)
        y_t = sigmoid(h w_t + b_t)

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Hidden layers beside a stem. Defaults to `1`.
        units: int > 0. Width of a hidden layer. Defaults to `64`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Of one task it is `SingleTask`.

    Reference:
    - [Caruana, 1997](https://doi.org/10.1023/A:1007379606734).
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 1,
        units: int = 64,
        **kwargs: Any,
    ) -> None:
        super().__init__(
            schema, num_layers=num_layers, num_experts=1, units=units, **kwargs
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["num_experts"]
        return config
