"""The weights of each candidate in a population."""

from collections.abc import Sequence

import keras
import numpy as np

from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import FieldVectors
from mtnas_tf.layers import Gate
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.layers.candidate_gates import CandidateGates
from mtnas_tf.models.sparse_route_model import SparseRouteModel
from mtnas_tf.population.unequal_bank import parts_of
from mtnas_tf.routes.route import ROOT
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.sub_network_units import SubNetworkUnits

STARTS_AT_ONE = ("gamma", "moving_variance")
ROUTE_DATA = ("masks", "sources", "roots", "linear")  # not trained


class CandidateWeights:
    """The shares of a `RoutePopulation`'s weights, as NumPy arrays.

    Args:
        population: `RoutePopulation`.

    Attributes:
        variables: all weights of which each candidate has a share.
    """

    def __init__(self, population: keras.Model) -> None:
        self.population = population
        encoders = population.encoder.all_features
        self.tables = [e.table for e in encoders if e.table is not None]
        body = population.body
        stem = [] if body.stem is None else [body.stem]
        layers = [*stem, *body.banks, *body.gates]
        kernels = [
            weight
            for layer in layers
            for weight in layer.weights
            if weight.name not in ROUTE_DATA
        ]
        towers = [body.tower_kernel, body.tower_bias]
        # The first table, of which there always is one, keeps its place, and
        # with it every weight its random numbers.
        first, others = self.tables[:1], self.tables[1:]
        self.variables = [*first, *kernels, *towers, *others]

    def read(self) -> list[np.ndarray]:
        """A copy of every variable, as `(candidates, ...)`."""
        return [
            np.array(self._split(variable, np.asarray(variable)))
            for variable in self.variables
        ]

    def write(self, weights: Sequence[np.ndarray]) -> None:
        """The inverse of `read`."""
        for variable, values in zip(self.variables, weights, strict=True):
            whole = np.empty(variable.shape, "float32")
            self._split(variable, whole)[...] = values
            variable.assign(whole)

    def fresh(self, route: Route, seed: int) -> list[np.ndarray]:
        """Fresh weights of a candidate, drawn as `SparseRouteModel` would."""
        draws = []
        for index, variable in enumerate(self.variables):
            whole = np.empty(variable.shape, "float32")
            shape = self._split(variable, whole).shape[1:]
            stream = np.random.default_rng([seed, index])
            if self._is_table(variable):
                encoder = self.population.encoder
                initializer = encoder.table_initializer
                draws.append(np.asarray(_seeded(initializer, stream)(shape)))
            elif variable.name.endswith("kernel"):
                limit = np.sqrt(6 / self._fans(variable, route))  # Glorot
                draws.append(limit * stream.uniform(-1, 1, shape))
            else:
                draws.append(np.full(shape, variable.name in STARTS_AT_ONE))
        return draws

    def copy_to(self, network: SparseRouteModel, candidate: int) -> None:
        """Gives the network of a candidate's route the candidate's weights."""
        encoders = getattr(network.encoder, "encoders", None)
        own = [network.encoder] if encoders is None else encoders.values()
        pairs = zip(self.population.encoder.all_features, own, strict=False)
        for features, target in pairs:
            self._copy_encoder(features, target, candidate)
        ours, its = self.population.body, network.body
        for index, stem in enumerate(its.stems.values()):
            if stem.bank is not None:
                self._copy(ours.stem, stem.bank, candidate, [index])
        for active, bank in zip(its.active, its.banks, strict=True):
            places = [network.route.place(name) for name in active]
            bank_of_all = ours.banks[places[0].layer]
            for source, own in parts_of(bank_of_all, len(ours.widths)):
                if places[0].index in own:
                    rows = [own.index(place.index) for place in places]
                    self._copy(source, bank, candidate, rows)
        for consumer, gate in its.gates.items():
            self._copy_gate(network.route, consumer, gate, candidate)
        kernel = self._share(ours.tower_kernel, candidate)[0]
        bias = self._share(ours.tower_bias, candidate)[0]
        start = 0
        for tower in network.towers.output_layers.values():
            own = slice(start, start + tower.units)
            tower.kernel.assign(_begin(kernel[own].T, tower.kernel))
            tower.bias.assign(bias[own])
            start += tower.units

    def _copy_encoder(
        self, source: FeatureEncoder, target: FeatureEncoder, candidate: int
    ) -> None:
        """Copies a candidate's columns of a table."""
        if source.table is not None:
            target.table.assign(self._share(source.table, candidate))
        fixed = source.fixed_rows
        if fixed is not None:
            own = target.fixed_rows
            own.values.assign(
                self._by_columns(np.asarray(fixed.values))[candidate]
            )
            own.is_fixed.assign(fixed.is_fixed)

    def _is_table(self, variable: keras.Variable) -> bool:
        return any(variable is table for table in self.tables)

    def _split(self, variable: keras.Variable, array: np.ndarray) -> np.ndarray:
        """A view of an array shaped like a variable: `(candidates, ...)`."""
        count = self.population.num_candidates
        if self._is_table(variable):
            return self._by_columns(array)
        return array.reshape(count, len(array) // count, *array.shape[1:])

    def _by_columns(self, array: np.ndarray) -> np.ndarray:
        """A view of rows that hold all candidates' side by side."""
        shape = (len(array), self.population.num_candidates, -1)
        return array.reshape(shape).swapaxes(0, 1)

    def _share(self, variable: keras.Variable, candidate: int) -> np.ndarray:
        return self._split(variable, np.asarray(variable))[candidate]

    def _fans(self, variable: keras.Variable, route: Route) -> int | np.ndarray:
        """Inputs and outputs of a kernel on the candidate's route.

        Returns:
            A number, or an array `(1, blocks, 1, 1)` of a gate, `(1, outputs,
            1)` of towers or `(sub-networks, 1, 1)` of unequal ones.
        """
        body, space = self.population.body, self.population.space
        widths = SubNetworkUnits(route, body.widths)
        if variable is body.tower_kernel:
            counts = list(body.num_outputs.values())
            read = [widths.read_by(task) for task in body.num_outputs]
            fans = np.repeat(np.add(read, counts), counts)
            return fans[None, :, None]
        for layer, gates in enumerate(body.gates):
            if any(variable is weight for weight in gates.weights):
                fans = np.array(
                    [
                        _fans_of_gate(widths, block.consumer, variable, gates)
                        for block in space.blocks_of(layer)
                    ]
                )
                return fans[None, :, None, None]
        for layer, names in enumerate(space.consumers[:-1], start=1):
            for bank, own in parts_of(body.banks[layer], len(body.widths)):
                if variable is bank.kernel:
                    read = [widths.read_by(names[index]) for index in own]
                    return np.add(read, bank.units)[:, None, None]
        return sum(variable.shape[-2:])

    def _copy_gate(
        self, route: Route, consumer: str, target: Gate, candidate: int
    ) -> None:
        """Copies a candidate's gate, for the values that it reads."""
        local = route.blocks[consumer]
        body, space = self.population.body, self.population.space
        layer = next(i for i, c in enumerate(space.consumers) if consumer in c)
        gates = body.gates[layer]
        block = space.consumers[layer].index(consumer)
        values = space.blocks_of(layer)[0].values
        columns = [values.index(name) for name in local.combination]
        kernel = (
            gates.root_kernel
            if local.query == ROOT
            else gates.sub_network_kernel
        )
        own = np.asarray(kernel)[candidate, block][columns].T
        target.kernel.assign(_begin(own, target.kernel))
        if gates.norm is None:
            return
        for ours, its in zip(
            gates.norm.weights, target.norm.weights, strict=True
        ):
            rows = self._share(ours, candidate)  # (blocks, values)
            its.assign(rows[block][columns][None])

    def _copy(
        self,
        source: SubNetworkBank,
        target: SubNetworkBank,
        candidate: int,
        rows: list[int],
    ) -> None:
        """Copies some of a candidate's sub-networks."""
        for ours, its in zip(source.weights, target.weights, strict=True):
            its.assign(_begin(self._share(ours, candidate)[rows], its))


def _begin(values: np.ndarray, target: keras.Variable) -> np.ndarray:
    """What a pruned weight keeps: it reads nothing that is always 0."""
    return values[tuple(slice(size) for size in target.shape)]


def _fans_of_gate(
    widths: SubNetworkUnits,
    consumer: str,
    kernel: keras.Variable,
    gates: CandidateGates,
) -> int:
    """Inputs and outputs of a gate's kernel."""
    block = widths.route.blocks[consumer]
    num_inputs = kernel.shape[-1]
    if kernel is not gates.root_kernel and block.query not in (None, ROOT):
        num_inputs = widths.of(str(block.query))
    return int(num_inputs) + len(block.combination)


def _seeded(
    initializer: keras.initializers.Initializer, stream: np.random.Generator
) -> keras.initializers.Initializer:
    """The same initializer, with random numbers from a stream."""
    if isinstance(initializer, FieldVectors):
        return initializer.with_initializer(
            _seeded(initializer.initializer, stream)
        )
    config = initializer.get_config()
    if "seed" in config:
        config["seed"] = int(stream.integers(2**31))
    return type(initializer).from_config(config)
