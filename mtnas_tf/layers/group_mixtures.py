"""Mixtures of groups of experts, each weighted by a gate of its own."""

import itertools
from collections.abc import Sequence
from typing import Any

import keras
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers.experts import Experts
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.layers.gate import Gate
from mtnas_tf.layers.gate_records import GateRecords
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class GroupMixtures(keras.layers.Layer):
    """Several mixtures of experts, each of some groups of them.

    Mixture c of its query `q_c` is

        sum_k softmax(m_c(q_c) G_c)_k e_k

    over the experts of the groups that it reads, with a network m_c of the
    widths `gate_units`, or none. See `Gate`.

    Args:
        group_sizes: sequence of int > 0, at least one. Experts of each group.
        reads: for each mixture the groups that it reads, as a sequence of
            indices.
        trains: for each mixture the groups that its gradient reaches. Defaults
            to `None`, all that it reads.
        gate_units: sequence of int > 0. Widths of the hidden layers in front of
            a gate. Defaults to `()`, none.
        normalization: of these hidden layers, see `Experts`. Defaults to
            `None`.
        gate_normalization: `None` or `"batch"`, see `Gate`. Defaults to
            `None`.
        dropout_rate: of the hidden layers, see `Experts`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        queries: `(batch, num_mixtures, query_dim)`.
        experts: `(batch, sum of group_sizes, units)`, see `ExpertGroups`.
        training: bool. Defaults to `False`.

    Output shape:
        `(batch, num_mixtures, units)`.

    Example:
    >>> mixtures = GroupMixtures(group_sizes=(2, 1), reads=[[0], [0, 1]])
    >>> mixtures(np.ones((4, 2, 3)), np.ones((4, 3, 5))).shape
    TensorShape([4, 2, 5])

    Reference:
    - [Tang et al., 2020](https://doi.org/10.1145/3383313.3412236), equation 1,
      and [Su et al., 2024](https://arxiv.org/abs/2308.13537), the gating of
      STEM-Net.
    """

    def __init__(
        self,
        group_sizes: Sequence[int],
        reads: Sequence[Sequence[int]],
        trains: Sequence[Sequence[int]] | None = None,
        gate_units: Sequence[int] = (),
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_widths(1, group_sizes=group_sizes)
        check_widths(gate_units=gate_units)
        check_choices(
            GATE_NORMALIZATIONS, gate_normalization=gate_normalization
        )
        self.group_sizes = tuple(map(int, group_sizes))
        self.reads = self._checked("reads", reads, len(reads))
        self.trains: list[list[int]] | None = None
        if trains is not None:
            self.trains = self._checked("trains", trains, len(reads))
        self.gate_units = tuple(map(int, gate_units))
        self.normalization = normalization
        self.gate_normalization = gate_normalization
        self.dropout_rate = dropout_rate
        self.networks: Experts | None = None
        if self.gate_units:
            self.networks = Experts(
                self.num_mixtures,
                self.gate_units,
                normalization,
                dropout_rate,
                dtype=self.dtype_policy,
                name="networks",
            )
        self.gates = [
            Gate(
                gate_normalization,
                dtype=self.dtype_policy,
                name=f"gate_{index}",
            )
            for index in range(self.num_mixtures)
        ]

    @property
    def num_mixtures(self) -> int:
        """Mixtures, and queries."""
        return len(self.reads)

    def build(self, queries_shape: Shape, experts_shape: Shape) -> None:
        if self.networks is not None:
            self.networks.build(queries_shape)
            queries_shape = self.networks.compute_output_shape(queries_shape)
        for gate, groups in zip(self.gates, self.reads, strict=True):
            num_read = sum(self.group_sizes[group] for group in groups)
            gate.build(
                (queries_shape[0], queries_shape[-1]),
                (experts_shape[0], num_read, experts_shape[-1]),
            )

    def call(
        self, queries: Tensor, experts: Tensor, training: bool = False
    ) -> Tensor:
        if self.networks is not None:
            queries = self.networks(queries, training=training)
        mixed = [
            gate(
                queries[:, index], self._read(index, experts), training=training
            )
            for index, gate in enumerate(self.gates)
        ]
        return ops.stack(mixed, axis=1)

    def sharing(
        self,
        records: GateRecords,
        name: str,
        readers: Sequence[str],
        experts: Sequence[Sequence[str]],
    ) -> SharingMatrix:
        """What every mixture takes from the experts.

        Args:
            records: of passes of this layer.
            name: see `SharingMatrix`.
            readers: names of the mixtures.
            experts: names of the experts of each group.
        """
        reads = {
            reader: [own for group in groups for own in experts[group]]
            for reader, groups in zip(readers, self.reads, strict=True)
        }
        gates = dict(zip(readers, self.gates, strict=True))
        sources = list(itertools.chain(*experts))
        return records.matrix(name, gates, sources, reads)

    def _read(self, mixture: int, experts: Tensor) -> Tensor:
        """The experts of a mixture's groups: `(batch, experts, units)`."""
        values = []
        for group in self.reads[mixture]:
            start = sum(self.group_sizes[:group])
            own = experts[:, start : start + self.group_sizes[group]]
            if self.trains is not None and group not in self.trains[mixture]:
                own = ops.stop_gradient(own)
            values.append(own)
        return values[0] if len(values) == 1 else ops.concatenate(values, 1)

    def _checked(
        self, name: str, groups: Sequence[Sequence[int]], count: int
    ) -> list[list[int]]:
        """The groups of each mixture as lists, all of them known."""
        known = range(len(self.group_sizes))
        are_known = [bool(i) and set(i) <= set(known) for i in groups]
        if not groups or len(groups) != count or not all(are_known):
            raise ValueError(
                f"`{name}` must hold a sequence of indices below "
                f"{len(known)} for each mixture. Received: {name}={groups!r}"
            )
        return [[int(index) for index in indices] for indices in groups]

    def compute_output_shape(
        self, queries_shape: Shape, experts_shape: Shape
    ) -> Shape:
        return (experts_shape[0], self.num_mixtures, experts_shape[-1])

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "group_sizes": list(self.group_sizes),
            "reads": [list(groups) for groups in self.reads],
            "trains": self.trains and [list(groups) for groups in self.trains],
            "gate_units": list(self.gate_units),
            "normalization": self.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.dropout_rate,
        }
