"""Progressive layered extraction: own and shared experts, level by level."""

from collections.abc import Sequence
from typing import Any

import keras

from mtnas_tf.arguments import check_ints
from mtnas_tf.layers.extraction_network import ExtractionNetwork
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf", name="layers.PLE")
class PLE(keras.layers.Layer):
    """Tasks mix experts of their own with shared ones, level after level.

    Of level j, `E_t^j` are the experts of task t, which read `g_t^(j-1)`, and
    `E_s^j` the shared ones, which read `g_s^(j-1)`. A gate looks at what its
    task, or the shared experts, have mixed on the level before:

        g_t^j = sum softmax(g_t^(j-1) G_t^j) [E_t^j, E_s^j]
        g_s^j = sum softmax(g_s^(j-1) G_s^j) [all E^j], but of the last level
        h_t = g_t^L

    Experts of the first level read the root feature, and its gates look at it.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Levels. Defaults to `2`.
        num_task_experts: int >= 0. Experts of each task on a level. Defaults
            to `1`.
        num_shared_experts: int > 0. Shared experts of a level. Defaults to
            `2`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        root_query: `"features"` or `"stem"`: what gates of the first level
            look at. Defaults to `"features"`.
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

    With one level this is customized gate control (CGC); without experts of
    their own, tasks then share all, as in `MMoE`.

    Attributes:
        route: `mtnas_tf.routes.Route` of a body with one level. `None` with
            more: gates of routes look at the root or at one sub-network.

    Example:
    >>> body = mt.layers.PLE(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), section 4.
    """

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_task_experts: int = 1,
        num_shared_experts: int = 2,
        hidden_units: Sequence[int] = (64,),
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_layers=num_layers)
        base = {
            "normalization": normalization,
            "dropout_rate": dropout_rate,
            "dtype": self.dtype_policy,
        }
        self.stem = Stem(stem_units, root_query, name="stem", **base)
        self.levels = [
            ExtractionNetwork(
                tasks,
                num_task_experts,
                num_shared_experts,
                mixes_shared=level < num_layers,
                hidden_units=hidden_units,
                gate_normalization=gate_normalization,
                name=f"level_{level}",
                **base,
            )
            for level in range(1, num_layers + 1)
        ]
        self.route: Route | None = None
        if num_layers == 1:
            space = RouteSpace(tasks, 1, self.levels[0].experts.num_experts)
            self.route = space.hand_made.ple(num_task_experts)

    @property
    def gates(self) -> dict[str, Gate]:
        """The gates in front of the towers, by task."""
        gates: dict[str, Gate] = self.levels[-1].gates
        return gates

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        inputs, queries = self.stem.compute_output_shape(root_shape)
        for level in self.levels:
            level.build(inputs, queries)
            inputs = queries = level.compute_output_shape(inputs, queries)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        first, *later = self.levels
        hidden, query = self.stem(root, training=training)
        mixtures = first(hidden, query, training=training)
        for level in later:
            mixtures = level(mixtures, mixtures, training=training)
        return {
            task: mixtures[:, index] for index, task in enumerate(first.tasks)
        }

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        return [
            matrix
            for number, level in enumerate(self.levels, start=1)
            for matrix in level.sharing(records, f"level {number}")
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        last = self.levels[-1]
        shape = (root_shape[0], last.experts.units)
        return dict.fromkeys(last.tasks, shape)

    def get_config(self) -> Config:
        level = self.levels[0]
        return {
            **super().get_config(),
            "tasks": list(level.tasks),
            "num_layers": len(self.levels),
            "num_task_experts": level.num_task_experts,
            "num_shared_experts": level.num_shared_experts,
            "hidden_units": level.get_config()["hidden_units"],
            "stem_units": self.stem.stem_units,
            "root_query": self.stem.root_query,
            "normalization": self.stem.normalization,
            "gate_normalization": level.mixtures.gate_normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
