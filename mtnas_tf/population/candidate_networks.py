"""Body and towers of many candidates' networks, in one graph."""

from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_instances
from mtnas_tf.arguments import check_ints
from mtnas_tf.layers import CandidateGates
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.layers.route_layers import run_layers
from mtnas_tf.layers.stem import ROOT_QUERIES
from mtnas_tf.layers.task_outputs import repeat_by_output
from mtnas_tf.layers.task_outputs import split_by_task
from mtnas_tf.population.gate_choices import gate_choices
from mtnas_tf.population.unequal_bank import UnequalBank
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.sub_network_units import chosen_widths
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import TaskTensors
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class CandidateNetworks(keras.layers.Layer):
    """Runs each candidate's route, through weights of its own.

    The sub-networks that a gate reads, its query, and the root feature that a
    sub-network of layer 1 reads are data, not structure: see `CandidateGates`.

    Args:
        space: `RouteSpace`.
        num_candidates: int > 0.
        num_outputs: dict task name -> number of its outputs.
        units: int > 0. Width of a sub-network. Defaults to `None`, 64, or those
            of a space that has `subnetwork_units`.
        stem_units: int > 0, or `None`. Defaults to `None`.
        root_query: `"features"` or `"stem"`, see `Stem`. Defaults to
            `"features"`.
        normalization: see `SubNetworkBank`. Defaults to `None`.
        gate_normalization: see `Gate`. Defaults to `None`.
        dropout_rate: see `SubNetworkBank`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        roots: `(batch, num_candidates, root_units)`; in a space of several
            tables `(batch, num_candidates, num_tables, root_units)`.
        training: bool. Defaults to `False`.

    Returns:
        dict task name -> logits, float32 `(batch, num_candidates)`; `(batch,
        num_candidates, classes)` of a multi-class task.
    """

    def __init__(
        self,
        space: RouteSpace,
        num_candidates: int,
        num_outputs: Mapping[str, int],
        units: int | None = None,
        stem_units: int | None = None,
        root_query: str = "features",
        normalization: str | None = None,
        gate_normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_instances(RouteSpace, space=space)
        check_ints(num_candidates=num_candidates)
        own = space.subnetwork_units
        self.widths = chosen_widths(own, units, space.num_subnetworks)
        if stem_units is not None:
            check_ints(stem_units=stem_units)
        check_choices(ROOT_QUERIES, root_query=root_query)
        check_choices(
            GATE_NORMALIZATIONS, gate_normalization=gate_normalization
        )
        self.space = space
        self.num_candidates = num_candidates
        self.num_outputs = dict(num_outputs)
        self.units = max(self.widths)
        self.stem_units = stem_units
        self.root_query = root_query
        self.normalization = normalization
        self.gate_normalization = gate_normalization
        self.dropout_rate = dropout_rate
        self.stem: Any = None
        if stem_units is not None:
            count = num_candidates * space.num_tables
            self.stem = self._new_bank(count, stem_units, "stem")
        self.banks = [
            self._new_layer(f"layer_{layer + 1}")
            for layer in range(space.num_layers)
        ]
        self.gates = [self._new_gates(i) for i in range(space.num_layers)]

    @property
    def network_shape(self) -> Config:
        """The arguments of a `RouteNetwork` of one candidate's shape."""
        return {
            "units": self.space.subnetwork_units or self.units,
            "aggregation": "gate" if self.space.gated else "mean",
            "stem_units": self.stem_units,
            "root_query": self.root_query,
            "normalization": self.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.dropout_rate,
        }

    def build(self, roots_shape: Shape) -> None:
        shape = roots_shape
        if self.stem is not None:
            self.stem.build(shape)
            shape = (*roots_shape[:-1], self.stem_units)
        query_shape = roots_shape if self.root_query == "features" else shape
        self.roots: keras.Variable | None = None
        if self.space.num_tables > 1:
            self.roots = self.add_weight(
                shape=(
                    self.num_candidates,
                    self.space.num_subnetworks,
                    self.space.num_tables,
                ),
                initializer="ones",
                trainable=False,
                name="roots",
            )
        self.linear: keras.Variable | None = None
        if self.space.has_linear:
            self.linear = self.add_weight(
                shape=(self.num_candidates, self.space.num_subnetworks),
                initializer="zeros",
                trainable=False,
                name="linear",
            )
        for bank in self.banks:
            bank.build(shape)
            shape = (None, bank.num_subnetworks, self.units)
        for gates in self.gates:
            gates.build(query_shape, (None, None, None, self.units))
        towers = (self.num_candidates, sum(self.num_outputs.values()))
        self.tower_kernel = self.add_weight(
            shape=(*towers, self.units), name="tower_kernel"
        )
        self.tower_bias = self.add_weight(
            shape=towers, initializer="zeros", name="tower_bias"
        )

    def call(self, roots: Tensor, training: bool = False) -> TaskTensors:
        hidden = roots
        if self.stem is not None:
            hidden = self._stems(roots, training)
        query = roots if self.root_query == "features" else hidden

        def run(layer: int, mixed: Tensor) -> Tensor:
            is_linear = None
            if layer == 0 and self.linear is not None:
                is_linear = ops.reshape(self.linear, (-1,))
            outputs = self.banks[layer](
                mixed, training=training, is_linear=is_linear
            )
            sizes = (self.num_candidates, self.space.num_subnetworks)
            return ops.reshape(outputs, (-1, *sizes, self.units))

        def run_mixed(layer: int, mixed: Tensor) -> Tensor:
            shape = (-1, mixed.shape[1] * mixed.shape[2], self.units)
            return run(layer, ops.reshape(mixed, shape))

        weights, values = run_layers(
            run(0, self._first_read(hidden)),
            self.space,
            run_mixed,
            lambda layer, queries: self.gates[layer](
                query, queries, training=training
            ),
        )
        # Towers are linear and weights sum to 1, so towers can come first.
        each = ops.einsum("bnvu,ntu->bntv", values, self.tower_kernel)
        weights = repeat_by_output(weights, self.num_outputs)
        mixed = ops.sum(weights * each, axis=-1) + self.tower_bias
        return split_by_task(ops.cast(mixed, "float32"), self.num_outputs)

    def _stems(self, roots: Tensor, training: bool) -> Tensor:
        """A stem of each root feature: `(..., stem_units)`."""
        if self.space.num_tables == 1:
            return self.stem(roots, training=training)
        count, units = self.stem.num_subnetworks, roots.shape[-1]
        flat = ops.reshape(roots, (-1, count, units))
        hidden = self.stem(flat, training=training)
        sizes = (self.num_candidates, self.space.num_tables)
        return ops.reshape(hidden, (-1, *sizes, self.stem_units))

    def _first_read(self, hidden: Tensor) -> Tensor:
        """What layer 1 reads, of each candidate or of each sub-network."""
        if self.roots is None:
            return hidden
        roots = ops.cast(self.roots, self.compute_dtype)
        read = ops.einsum("bntd,nkt->bnkd", hidden, roots)
        return ops.reshape(
            read, (-1, self.banks[0].num_subnetworks, hidden.shape[-1])
        )

    def assign_routes(self, routes: Sequence[Route]) -> None:
        """Sets the route of every candidate."""
        space = self.space
        first = routes[0].sub_networks([0])
        if self.linear is not None:
            self.linear.assign([[n in r.linear for n in first] for r in routes])
        if self.roots is not None:
            read = [[r.roots.get(n, ROOT) for n in first] for r in routes]
            self.roots.assign(np.array(read)[..., None] == space.roots)
        for layer, gates in enumerate(self.gates):
            gates.assign_routes(*gate_choices(space, layer, routes))

    def compute_output_shape(self, roots_shape: Shape) -> dict[str, Shape]:
        shape = roots_shape[:2]
        return {
            task: shape if count == 1 else (*shape, count)
            for task, count in self.num_outputs.items()
        }

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "space": self.space.get_config(),
            "num_candidates": self.num_candidates,
            "num_outputs": self.num_outputs,
            "units": None if self.space.subnetwork_units else self.units,
            "stem_units": self.stem_units,
            "root_query": self.root_query,
            "normalization": self.normalization,
            "gate_normalization": self.gate_normalization,
            "dropout_rate": self.dropout_rate,
        }

    @classmethod
    def from_config(cls, config: Config) -> Self:
        return cls(**{**config, "space": RouteSpace(**config["space"])})

    def _new_bank(self, size: int, units: int, name: str) -> SubNetworkBank:
        return SubNetworkBank(
            size,
            units,
            normalization=self.normalization,
            dropout_rate=self.dropout_rate,
            dtype=self.dtype_policy,
            name=name,
        )

    def _new_layer(self, name: str) -> SubNetworkBank | UnequalBank:
        """All candidates' sub-networks of a layer."""
        if len(set(self.widths)) == 1:
            count = self.num_candidates * self.space.num_subnetworks
            return self._new_bank(count, self.units, name)
        return UnequalBank(
            self.num_candidates,
            self.widths,
            normalization=self.normalization,
            dropout_rate=self.dropout_rate,
            dtype=self.dtype_policy,
            name=name,
        )

    def _new_gates(self, layer: int) -> CandidateGates:
        """The gates in front of the layer after a 0-based one, or the tasks."""
        blocks = self.space.blocks_of(layer)
        return CandidateGates(
            self.num_candidates,
            len(blocks),
            len(blocks[0].values),
            len(blocks[0].queries),
            gated=self.space.gated,
            normalization=self.gate_normalization,
            num_roots=self.space.num_tables,
            dtype=self.dtype_policy,
            name=f"gates_{layer + 1}",
        )
