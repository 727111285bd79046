"""SNR-Aver: sub-networks that read weighted sums, by links that may close."""

from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_names
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.layers.snr_links import SNRLinks
from mtnas_tf.layers.stem import Stem
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(
    package="mtnas_tf", name="layers.SNRAver"
)
class SNRAver(keras.layers.Layer):
    """Experts and tasks read the previous layer's experts by learned links.

        e^1_k = relu(x W_k + b_k)
        e^l_k = relu((sum_i z^l_ik e^(l-1)_i) W_k + b_k)
        h_t = sum_i z_it e^L_i

    Links z lie in [0, 1]. They are random in training and learn to be 0 or 1
    with certainty, see `SNRLinks`; what is 0 is read by nobody. Training adds
    a penalty on open links to the loss.

    Args:
        tasks: sequence of task names.
        num_layers: int > 0. Layers of experts. Defaults to `2`.
        num_experts: int > 0. Experts of a layer, the paper's sub-networks.
            Defaults to `4`.
        beta: see `SNRLinks`. Defaults to `0.9`.
        gamma: see `SNRLinks`. Defaults to `-0.1`.
        zeta: see `SNRLinks`. Defaults to `1.1`.
        l0_weight: see `SNRLinks`. Defaults to `1e-4`.
        hidden_units: sequence of int > 0, at least one. Widths of an expert's
            hidden layers. Defaults to `(64,)`.
        stem_units: see `Stem`. Defaults to `None`.
        normalization: see `Experts`. Defaults to `None`.
        dropout_rate: see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        root: `(batch, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> `(batch, hidden_units[-1])`.

    Example:
    >>> body = mt.layers.SNRAver(["click", "like"], hidden_units=(5,))
    >>> body(np.ones((2, 3)))["like"].shape
    TensorShape([2, 5])

    Reference:
    - [Ma et al., 2019](https://doi.org/10.1609/aaai.v33i01.3301216).
    """

    transforms = False  # whether links have a matrix each

    def __init__(
        self,
        tasks: Sequence[str],
        num_layers: int = 2,
        num_experts: int = 4,
        beta: float = 0.9,
        gamma: float = -0.1,
        zeta: float = 1.1,
        l0_weight: float = 1e-4,
        hidden_units: Sequence[int] = (64,),
        stem_units: int | None = None,
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_names(tasks=tasks)
        check_ints(num_layers=num_layers, num_experts=num_experts)
        self.tasks = tuple(tasks)
        self.link_settings = {
            "beta": beta,
            "gamma": gamma,
            "zeta": zeta,
            "l0_weight": l0_weight,
        }
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
        # The readers of every layer: the next one's experts, or the tasks.
        readers = [num_experts] * (num_layers - 1) + [len(self.tasks)]
        self.links = [
            SNRLinks(
                count,
                self.transforms,
                **self.link_settings,
                dtype=self.dtype_policy,
                name=f"links_{i + 1}",
            )
            for i, count in enumerate(readers)
        ]

    def build(self, root_shape: Shape) -> None:
        self.stem.build(root_shape)
        shape, _ = self.stem.compute_output_shape(root_shape)
        for experts, links in zip(self.experts, self.links, strict=True):
            experts.build(shape)
            shape = experts.compute_output_shape(shape)
            links.build(shape)
            shape = links.compute_output_shape(shape)

    def call(self, root: Tensor, training: bool = False) -> TaskTensors:
        read, _ = self.stem(root, training=training)
        for experts, links in zip(self.experts, self.links, strict=True):
            read = links(experts(read, training=training), training=training)
        return {task: read[:, index] for index, task in enumerate(self.tasks)}

    def sharing(self, records: GateRecords) -> list[SharingMatrix]:
        """Who reads what, see `GateRecords`.

        Args:
            records: of passes of this layer.
        """
        count = self.experts[0].num_experts
        layers = [
            [f"s{layer * count + i + 1}" for i in range(count)]
            for layer in range(len(self.experts))
        ]
        readers = [*layers[1:], self.tasks]
        return [
            SharingMatrix(
                f"layer {layer + 1}",
                readers[layer],
                layers[layer],
                ops.convert_to_numpy(links.links()).T,
                "link",
            )
            for layer, links in enumerate(self.links)
        ]

    def compute_output_shape(self, root_shape: Shape) -> dict[str, Shape]:
        units = self.experts[-1].units
        return dict.fromkeys(self.tasks, (root_shape[0], units))

    def get_config(self) -> Config:
        experts = self.experts[0]
        return {
            **super().get_config(),
            "tasks": list(self.tasks),
            "num_layers": len(self.experts),
            "num_experts": experts.num_experts,
            **self.link_settings,
            "hidden_units": list(experts.hidden_units),
            "stem_units": self.stem.stem_units,
            "normalization": self.stem.normalization,
            "dropout_rate": self.stem.dropout_rate,
        }
