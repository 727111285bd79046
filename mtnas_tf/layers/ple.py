"""PLE: each task has experts of its own, beside shared ones."""

import keras
from keras import ops

from mtnas_tf.layers.ml_mmoe import MLMMoE
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf", name="layers.PLE")
class PLE(MLMMoE):
    """Each task has an expert of its own in every layer, others are shared.

    A task mixes its own expert of the last layer with the shared ones; between
    layers its own expert does, and a shared expert mixes all. With one layer
    this is customized gate control (CGC).

    In the paper a gate of a higher layer looks at the mixture of its task in
    the previous layer, and the shared experts of a layer have one gate
    together. Here all gates look at the root feature, as in `MLMMoE`, and every
    expert has a gate of its own: the body is a route of `MTNAS`.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int, more than tasks. Experts of a layer; the first ones
            are the tasks' own, in order. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates look at. Defaults to
            `"features"`.
        normalization: see `Experts`. Defaults to `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.PLE(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), section 4.
    """

    @staticmethod
    def _route_in(space: RouteSpace) -> Route:
        if space.num_subnetworks <= len(space.tasks):
            raise ValueError(
                "`num_experts` must exceed the number of tasks. Received: "
                f"num_experts={space.num_subnetworks}, tasks={space.tasks}"
            )
        return space.hand_made.ple()

    def _mixed(
        self, consumer: str, query: Tensor, outputs: Tensor, training: bool
    ) -> Tensor:
        """The mixture of a task's own and the shared experts, or of all."""
        read = [
            outputs[:, self.route.place(name).index, :]
            for name in self.route.blocks[consumer].combination
        ]
        values = ops.stack(read, axis=1)  # (batch, experts read, units)
        return super()._mixed(consumer, query, values, training)
