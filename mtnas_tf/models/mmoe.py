"""Multi-gate mixture of experts."""

from typing import Any

import keras

from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.ml_mmoe import MLMMoE


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MMoE(MLMMoE):
    """One layer of experts, shared by all tasks; one gate a task.

        e_k = relu(x W_k + b_k)
        y_t = sigmoid(sum_k softmax(x G_t)_k e_k w_t + b_t)

    Args:
        schema: `DatasetSchema`.
        num_experts: int > 0. Defaults to `4`.
        units: int > 0. Width of an expert. Defaults to `64`.
        root_query: `"features"` or `"stem"`: what the gates look at. Defaults
            to `"features"`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    With one expert this is `SharedBottom`.

    Reference:
    - [Ma et al., 2018](https://doi.org/10.1145/3219819.3220007), section 4.2.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_experts: int = 4,
        units: int = 64,
        root_query: str = "features",
        **kwargs: Any,
    ) -> None:
        super().__init__(
            schema,
            num_layers=1,
            num_experts=num_experts,
            units=units,
            root_query=root_query,
            **kwargs,
        )

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["num_layers"]
        return config
