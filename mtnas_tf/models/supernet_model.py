"""Base of supernets: networks that hold every route of a space."""

import numpy as np
from keras import ops

from mtnas_tf import layers
from mtnas_tf.layers.task_outputs import repeat_by_output
from mtnas_tf.layers.task_outputs import split_by_task
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingSpace
from mtnas_tf.types import Inputs
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


class SupernetModel(MultiTaskModel):
    """A model whose body runs any route of a space, and learns which.

    Called as a model, it draws a route in training and takes the most
    probable one otherwise; `route_logits` runs any routes, several at once.
    `mtnas_tf.search.SearchModel` searches it.

    Its body has a `space` of routes, a `RoutePolicy` called `policy` over them,
    `read`, `best_choices` and `top_probs`: see `mtnas_tf.layers.Supernet`. Its
    towers are one linear layer a task.
    """

    @property
    def space(self) -> RouteSpace | SharingSpace:
        """The routes to choose from."""
        space: RouteSpace | SharingSpace = self.body.space
        return space

    @property
    def policy(self) -> layers.RoutePolicy:
        """The distribution over the routes."""
        policy: layers.RoutePolicy = self.body.policy
        return policy

    @property
    def route(self) -> Route:
        """The most probable local route of every block, as evaluated.

        Raises:
            ValueError: if a route logit is not finite.
        """
        logits = ops.convert_to_numpy(self.policy.logits)
        if not np.isfinite(logits).all():
            raise ValueError(
                "`policy.logits` must be finite. Received: "
                f"{int((~np.isfinite(logits)).sum())} that are not: the search "
                "diverged"
            )
        best = ops.convert_to_numpy(self.body.best_choices())
        return self.space.route(best[0])

    def route_penalty(self, probs: Tensor) -> Tensor:
        """What the route logits descend beside the loss of the rows.

        Args:
            probs: `(blocks, choices)`. Weights of the local routes.

        Returns:
            Scalar: 0, unless a supernet prefers some routes to others.
        """
        return 0.0

    def as_towers(self, logits: TaskTensors) -> TaskTensors:
        """Logits of one route, `(1, batch, ...)`, shaped as those of towers."""
        return {
            name: ops.reshape(logits[name], (-1, num_outputs))
            for name, num_outputs in self.schema.num_outputs.items()
        }

    def activate(self, logits: TaskTensors) -> TaskTensors:
        """Predictions of one route from its logits, `(1, batch, ...)`."""
        predictions: TaskTensors = self.towers.activate(self.as_towers(logits))
        return predictions

    def route_logits(
        self,
        inputs: Inputs,
        choices: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """Runs routes side by side; shared layers are computed once.

        Args:
            inputs: see `MultiTaskModel`.
            choices: int `(routes, blocks)`. The local route of every block.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool. Normalize every route by its own
                statistics on this batch. Defaults to `False`.

        Returns:
            dict task name -> logits, float32 `(routes, batch)`; `(routes,
            batch, classes)` of a multi-class task.
        """
        return self.root_route_logits(
            self.encoder(inputs), choices, training, use_batch_statistics
        )

    def root_route_logits(
        self,
        root: Tensor,
        choices: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """`route_logits` from the root feature, `(batch, root_units)`."""
        return self._task_logits(
            *self.body.read(
                root,
                self.policy.one_hot(choices),
                training=training,
                use_batch_statistics=use_batch_statistics,
            )
        )

    def root_mixture_logits(
        self,
        root: Tensor,
        probs: Tensor,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> TaskTensors:
        """Runs mixtures: blocks that add up the outputs of their local routes.

        With one-hot rows this is the network of a route. A block is linear in
        its rows of `probs`, and costs as much as all of its gates.

        Args:
            root: `(batch, root_units)`: the encoder's output.
            probs: float `(routes, blocks, choices)`. Weights of the local
                routes of every block; those of padding are ignored.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool, see `route_logits`. Defaults to `False`.

        Returns:
            see `route_logits`.
        """
        return self._task_logits(
            *self.body.read(
                root,
                probs,
                is_mixture=True,
                training=training,
                use_batch_statistics=use_batch_statistics,
            )
        )

    def _task_logits(self, weights: Tensor, values: Tensor) -> TaskTensors:
        """Applies the towers first: they are linear, and weights sum to 1."""
        towers = self.towers.output_layers.values()
        kernel = ops.concatenate([t.kernel for t in towers], axis=1)
        bias = ops.concatenate([t.bias for t in towers])
        num_outputs = self.schema.num_outputs
        weights = repeat_by_output(weights, num_outputs)
        # (routes or 1, batch, values, outputs)
        each = ops.matmul(values, ops.cast(kernel, self.compute_dtype))
        each = ops.cast(ops.swapaxes(each, -1, -2), "float32")
        mixed = ops.sum(ops.cast(weights, "float32") * each, axis=-1)
        return split_by_task(mixed + ops.cast(bias, "float32"), num_outputs)
