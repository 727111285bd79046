"""The supernet of AutoMTL: tasks share, own or skip every layer."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.route_policy import RoutePolicy
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.sub_network_bank import SubNetworkBank
from mtnas_tf.routes import Route
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.routes import SharingSpace
from mtnas_tf.routes import UnrolledRoute
from mtnas_tf.routes.sharing_space import OWN
from mtnas_tf.routes.sharing_space import SHARE
from mtnas_tf.routes.sharing_space import SKIP
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.AutoMTL"
)
class AutoMTL(keras.layers.Layer):
    """In every layer a task runs a shared sub-network, its own, or none.

        x_t^l = p_tl0 s^l(x_t^(l-1)) + p_tl1 e_t^l(x_t^(l-1)) + p_tl2 x_t^(l-1)
        s^l(x) = relu(norm(x W^l + b^l))
        e_t^l(x) = relu(norm(x W_t^l + b_t^l))
        h_t = x_t^L

    from the root feature `x_t^0`, which no task can skip: `p_t12 = 0`. A choice
    is a one-hot row p; rows of probabilities are a mixture.

    Called, it draws choices in training and takes the most probable ones
    otherwise; `read` runs any, several at once. `mtnas_tf.search.SearchModel`
    learns them: `policy` holds no trainable weights.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Defaults to `2`.
        units: int > 0. Width of every layer. Defaults to `64`.
        sharing_weight: float >= 0. Weight of `sharing_penalty` in the loss that
            the policy descends. Defaults to `5e-4`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `SubNetworkBank`. Defaults to `None`.
        dropout_rate: see `SubNetworkBank`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, units)`.

    If all tasks share all layers this is `SharedBottom`; if they own all,
    networks of their own, as `SharedEmbedding`.

    Example:
    >>> body = mt.layers.AutoMTL(["click", "like"], units=5)
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])
    >>> print(body.route)  # all choices are equally probable at first
    s2 <- s1
    click <- s2
    like <- s2

    References:
    - [Zhang et al., 2022](https://arxiv.org/abs/2110.13076), section 3.
    - [Code of the authors](https://github.com/zhanglijun95/AutoMTL).
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        units: int = 64,
        sharing_weight: float = 5e-4,
        seed: int = 0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(units=units)
        check_ints(0, seed=seed)
        check_at_least(0, sharing_weight=sharing_weight)
        self.units = units
        self.sharing_weight = sharing_weight
        self.seed = int(seed)
        self.space: SharingSpace = SharingSpace(tasks, num_layers)
        self.policy = RoutePolicy(
            [len(block.routes) for block in self.space.blocks],
            seed=self.seed,
            name="policy",
        )
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.shared = [
            SubNetworkBank(1, units, name=f"shared_{layer + 1}", **base)
            for layer in range(num_layers)
        ]
        self.own = [
            SubNetworkBank(
                len(self.space.tasks), units, name=f"own_{layer + 1}", **base
            )
            for layer in range(num_layers)
        ]

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, _ = self.stem.compute_output_shape(root_shape)
        for shared, own in zip(self.shared, self.own, strict=True):
            shared.build(shape)
            own.build(shape)
            shape = (None, None, len(self.space.tasks), self.units)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        choices = self.policy.sample(1) if training else self.best_choices()
        choice = self.policy.one_hot(choices)
        _, values = self.read(root, choice, training=training)
        return {
            task: values[0, :, index]
            for index, task in enumerate(self.space.tasks)
        }

    def read(
        self,
        root: Tensor,
        choice: Tensor,
        is_mixture: bool = False,
        training: bool = False,
        use_batch_statistics: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Runs choices side by side.

        Args:
            root: `(batch, root_units)`.
            choice: float `(routes, blocks, choices)`: weights of each block's
                choices, those of padding ignored.
            is_mixture: bool. A choice runs as a mixture does: this changes
                nothing. Defaults to `False`.
            training: bool. Defaults to `False`.
            use_batch_statistics: bool. See `BankNormalization`. Defaults to
                `False`.

        Returns:
            `(weights, values)`, as `Supernet.read`: each task's weight of its
            own value, 1, `(1, 1, tasks, tasks)`, and `(routes, batch, tasks,
            units)`.
        """
        modes = {
            "training": training,
            "use_batch_statistics": use_batch_statistics,
        }
        x, _ = self.stem(root, **modes)
        choice = ops.cast(choice, self.compute_dtype)
        num_tasks = len(self.space.tasks)
        for layer in range(self.space.num_layers):
            start = layer * num_tasks
            of_layer = choice[:, None, start : start + num_tasks]
            x = self._run(layer, x, of_layer, modes)
        return ops.eye(num_tasks, dtype=self.compute_dtype)[None, None], x

    def best_choices(self) -> Tensor:
        """The most probable choice of every block: `(1, blocks)`."""
        return ops.argmax(self.policy.masked_logits(), axis=-1)[None]

    def top_probs(self) -> Tensor:
        """Probabilities of `best_choices`: `(blocks,)`."""
        return ops.max(self.policy.probs(), axis=-1)

    def sharing_penalty(self, probs: Tensor) -> Tensor:
        """What is lost where tasks do not share, most in the first layers.

            sum_tl (L - l) / L sum_(k > 0) log(1 + exp(p_tlk - p_tl0))

        over tasks t, layers l = 1 .. L, and the choices k other than sharing.

        Args:
            probs: `(blocks, choices)`.
        """
        num_layers = self.space.num_layers
        weights = np.array(
            [
                (num_layers - 1 - block.layer) / num_layers
                for block in self.space.blocks
            ],
            "float32",
        )
        excess = ops.softplus(probs[:, 1:] - probs[:, :1])
        is_choice = self.policy.is_choice[:, 1:].astype("float32")
        return ops.sum(weights[:, None] * is_choice * excess)

    @property
    def route(self) -> Route:
        """The route of the most probable choices, see `UnrolledRoute`."""
        return self._unrolled.route

    # No property: Keras would save it as a container of layers.
    def origins(self) -> dict[str, tuple[SubNetworkBank, int]]:
        """The bank and the row of what each sub-network of `route` copies."""
        unrolled = self._unrolled
        origins = {}
        for name, source in unrolled.sources.items():
            layer = unrolled.route.place(name).layer
            is_own = source > 0
            bank = self.own[layer] if is_own else self.shared[layer]
            origins[name] = (bank, source - 1 if is_own else 0)
        return origins

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """What every task does in each layer, see `GateRecords`.

        Args:
            records: of passes of this layer; choices do not depend on rows.
        """
        best = ops.convert_to_numpy(self.best_choices())[0]
        probs = ops.convert_to_numpy(self.policy.probs())
        num_choices = probs.shape[1]
        # (layers, tasks, choices); NaN where nothing can be skipped
        chosen, probs = (
            np.where(self.policy.is_choice, values, np.nan).reshape(
                self.space.num_layers, -1, num_choices
            )
            for values in (np.eye(num_choices)[best], probs)
        )
        return [
            SharingMatrix(
                f"layer {layer + 1}",
                self.space.tasks,
                (SHARE, OWN, SKIP)[:num_choices],
                chosen[layer],
                "chosen: 1, else 0",
                probs=probs[layer],
            )
            for layer in range(self.space.num_layers)
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        return dict.fromkeys(self.space.tasks, (root_shape[0], self.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.space.tasks),
            "num_layers": self.space.num_layers,
            "units": self.units,
            "sharing_weight": self.sharing_weight,
            "seed": self.seed,
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    @property
    def _unrolled(self) -> UnrolledRoute:
        best = ops.convert_to_numpy(self.best_choices())[0]
        return self.space.unrolled(best)

    def _run(
        self, layer: int, x: Tensor, choice: Tensor, modes: dict[str, bool]
    ) -> Tensor:
        """A layer's output, `(routes, batch, tasks, units)`.

        `choice` is `(routes, 1, tasks, choices)`, and `x` the root feature or
        the output of the layer before.
        """
        if layer == 0:
            shared = self.shared[0](x, **modes)[None]  # the same for all tasks
            own = self.own[0](x, **modes)[None]
            return choice[..., :1] * shared + choice[..., 1:2] * own
        own = self.own[layer](x, **modes)
        # Statistics of the shared sub-network are those of a task's input.
        by_task = ops.swapaxes(x, 1, 2)[..., None, :]
        shared = self.shared[layer](by_task, **modes)[..., 0, :]
        return (
            choice[..., :1] * ops.swapaxes(shared, 1, 2)
            + choice[..., 1:2] * own
            + choice[..., 2:] * x
        )
