"""PLE: experts of a task's own beside shared ones."""

import keras

from mtnas_tf.models.ml_mmoe import MLMMoE
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace


@keras.saving.register_keras_serializable(package="mtnas_tf")
class PLE(MLMMoE):
    """Each task has an expert of its own in every layer, others are shared.

    A task mixes its own expert of the last layer with the shared ones; between
    layers its own expert does, and a shared expert mixes all. With one layer
    this is customized gate control (CGC).

    In the paper a gate of a higher layer looks at what its task has mixed in
    the layer before, and the shared experts of a layer have one gate together.
    Here all gates look at the root feature, as in `MLMMoE`, and every expert
    has a gate of its own: the model is a route of `MTNAS`.

    Args:
        schema: `DatasetSchema`.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int. Experts per layer, more than tasks. Defaults to `4`.
        units: int > 0. Width of an expert. Defaults to `64`.
        root_query: `"features"` or `"stem"`. Defaults to `"features"`.
        **kwargs: The base net's shape, see `MultiTaskModel`.

    Returns:
        dict task name -> predictions, see `MultiTaskModel`.

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), section 4.
    """

    @staticmethod
    def _route_in(space: RouteSpace) -> Route:
        return space.hand_made.ple()
