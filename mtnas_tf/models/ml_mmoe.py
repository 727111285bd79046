"""Multi-layer MMoE: several layers of experts, all shared by all."""

from typing import Any

import keras

from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace


@keras.saving.register_keras_serializable(package="mtnas_tf")
class MLMMoE(SparseRouteModel):
    """Every expert and every task mixes all experts of the layer before.

    All gates look at the root feature. This is the full route of `MTNAS`.

        e^1_k = relu(x W_k + b_k)
        e^l_k = relu(sum_j softmax(x G^l_k)_j e^(l-1)_j W_k + b_k)
        y_t = sigmoid(sum_j softmax(x G_t)_j e^L_j w_t + b_t)

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts per layer. Defaults to `4`.
        units: int > 0. Width of an expert. Defaults to `64`.
        root_query: `"features"` or `"stem"`. Defaults to `"features"`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    With one layer this is `MMoE`.

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), 5.1.2.
    """

    def __init__(
        self,
        schema: DatasetSchema,
        num_layers: int = 2,
        num_experts: int = 4,
        units: int = 64,
        root_query: str = "features",
        **kwargs: Any,
    ) -> None:
        check_instances(DatasetSchema, schema=schema)
        check_ints(num_layers=num_layers, num_experts=num_experts)
        space = RouteSpace(schema.task_names, num_layers, num_experts)
        super().__init__(
            schema,
            route=self._route_in(space),
            units=units,
            aggregation="gate",  # a second one is refused
            root_query=root_query,
            **kwargs,
        )
        self.num_layers = num_layers
        self.num_experts = num_experts

    @staticmethod
    def _route_in(space: RouteSpace) -> Route:
        """What the experts and tasks of a space read."""
        return space.full_route()

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["route"], config["aggregation"]
        return {
            **config,
            "num_layers": self.num_layers,
            "num_experts": self.num_experts,
        }

    @classmethod
    def from_config(
        cls, config: dict[str, Any], custom_objects: Any = None
    ) -> Any:
        return super(SparseRouteModel, cls).from_config(config)
