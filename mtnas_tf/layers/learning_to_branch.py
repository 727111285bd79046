"""A tree of experts, in which every expert and task chooses its parent."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.gumbel_choice import GumbelChoice
from mtnas_tf.layers.stem import Stem
from mtnas_tf.layers.step_counter import StepCounter
from mtnas_tf.layers.temperature import inverse_root_temperature
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.LearningToBranch"
)
class LearningToBranch(keras.layers.Layer):
    """Every expert and every task reads one expert of the previous layer.

        e^1_k = relu(x W_k + b_k)
        e^l_k = relu(sum_j d^l_kj e^(l-1)_j W_k + b_k)
        h_t = sum_j d_tj e^L_j

    Each row d is one-hot. In training it is drawn anew in every step from
    softmax(theta), with the gradient of a Gumbel softmax whose temperature is
    `initial_temperature / sqrt(1 + step / annealing_steps)`; steps are the
    calls in training. During the first `warmup_steps` parents are drawn
    uniformly and theta does not learn. Otherwise d is one-hot at the argmax of
    theta: the tree that is the body's `route`.

    The paper's text was not at hand. Forward pass and joint training of weights
    and theta are those of its abstract and of LibMTL; the defaults are what
    LibMTL does in 200 epochs, for a training of 2,000 steps. LibMTL differs in
    two ways: it adds up all parents while it warms up, which scales what an
    expert reads by their number, and it goes on drawing when it is evaluated.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer. Defaults to `4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        initial_temperature: float > 0. Defaults to `10.0`.
        annealing_steps: int > 0. Steps that count as an epoch in the fall of
            the temperature. Defaults to `10`.
        warmup_steps: int >= 0. Defaults to `20`.
        learning_rate_factor: float > 0. How much faster than weights theta
            learns, with Adam. Defaults to `10.0`.
        seed: int >= 0. Seed of the draws. Defaults to `0`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    With one expert a layer this is `SharedBottom`.

    Example:
    >>> body = mt.layers.LearningToBranch(
    ...     ["click", "like"], num_layers=2, num_experts=2, hidden_units=(5,)
    ... )
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])
    >>> print(body.route)
    s3 <- s1
    click <- s3
    like <- s3

    References:
    - [Guo et al., 2020](https://arxiv.org/abs/2006.01895).
    - [LibMTL](https://github.com/median-research-group/LibMTL), its `LTB`.
    """

    learns_route = True  # the constructor does not set it

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_experts: int = 4,
        hidden_units: Sequence[int] = (64,),
        initial_temperature: float = 10.0,
        annealing_steps: int = 10,
        warmup_steps: int = 20,
        learning_rate_factor: float = 10.0,
        seed: int = 0,
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_layers=num_layers, num_experts=num_experts)
        check_ints(annealing_steps=annealing_steps)
        check_ints(0, warmup_steps=warmup_steps)
        check_positive(initial_temperature=initial_temperature)
        self.space: RouteSpace = RouteSpace(tasks, num_layers, num_experts)
        self.initial_temperature = initial_temperature
        self.annealing_steps = annealing_steps
        self.warmup_steps = warmup_steps
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, name="stem", **base)
        self.experts = [
            Experts(num_experts, hidden_units, name=f"layer_{i + 1}", **base)
            for i in range(num_layers)
        ]
        self.counter = StepCounter(name="counter")
        # A row for each expert of layer 2 and up, in order, then for each task.
        self.parents = GumbelChoice(
            (len(self.space.blocks), num_experts),
            learning_rate_factor=learning_rate_factor,
            seed=seed,
            name="parents",
        )

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, _ = self.stem.compute_output_shape(root_shape)
        for experts in self.experts:
            experts.build(shape)
            shape = experts.compute_output_shape(shape)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        hidden, _ = self.stem(root, training=training)
        drawn = self._draw(training)
        outputs = self.experts[0](hidden, training=training)
        num_experts = self.space.num_subnetworks
        for layer, experts in enumerate(self.experts[1:]):
            start = layer * num_experts
            own = drawn[start : start + num_experts]
            outputs = experts(ops.matmul(own, outputs), training=training)
        # (tasks, experts) times (batch, experts, units)
        read = ops.matmul(drawn[-len(self.space.tasks) :], outputs)
        return {task: read[:, i, :] for i, task in enumerate(self.space.tasks)}

    @property
    def route(self) -> Route:
        """The tree: the most probable parent of every expert and task."""
        names = [
            BlockRoute((block.values[parent],))
            for block, parent in zip(
                self.space.blocks, self.parents.best(), strict=True
            )
        ]
        consumers = [block.consumer for block in self.space.blocks]
        return Route(
            self.space.num_layers,
            self.space.num_subnetworks,
            dict(zip(consumers, names, strict=True)),
        )

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        best = self.parents.best()  # of every block
        probs = ops.convert_to_numpy(self.parents.probs)
        blocks = self.space.blocks
        found = []
        for layer, readers in enumerate(self.space.consumers):
            own = [i for i, b in enumerate(blocks) if b.consumer in readers]
            found.append(
                SharingMatrix(
                    f"layer {layer + 1}",
                    readers,
                    blocks[own[0]].values,
                    np.eye(self.space.num_subnetworks)[best[own]],
                    "parent: 1, else 0",
                    probs=probs[own],
                )
            )
        return found

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        shape = (root_shape[0], self.experts[-1].units)
        return dict.fromkeys(self.space.tasks, shape)

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "tasks": list(self.space.tasks),
            "num_layers": self.space.num_layers,
            "num_experts": self.space.num_subnetworks,
            "hidden_units": list(self.experts[0].hidden_units),
            "initial_temperature": self.initial_temperature,
            "annealing_steps": self.annealing_steps,
            "warmup_steps": self.warmup_steps,
            "learning_rate_factor": self.parents.learning_rate_factor,
            "seed": self.parents.seed,
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }

    def _draw(self, training: bool) -> Tensor:
        """One parent each: one-hot rows, `(experts and tasks, parents)`."""
        step = self.counter.advance(training)
        temperature = inverse_root_temperature(
            step,
            self.initial_temperature,
            annealing_steps=self.annealing_steps,
        )
        drawn = self.parents.draw(
            temperature,
            is_uniform=step < self.warmup_steps,
            training=training,
        )
        return ops.cast(drawn, self.compute_dtype)
