"""Records what gates give to the values that they mix."""

import contextvars
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Self

import keras
import numpy as np
from keras import ops

from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Tensor

GATE_WEIGHT = "mean gate weight"


class GateRecords:
    """The weights of all gates that run while it is open, row after row.

    A gate is any layer that calls `record_weights`. Layers must run eagerly:
    inside a compiled function there is nothing to record.

    Example:
    >>> body = mt.layers.MMoE(["click", "like"], num_experts=2)
    >>> with mt.layers.GateRecords() as records:
    ...     outputs = body(np.zeros((3, 4)))
    >>> (matrix,) = records.matrices(body)
    >>> matrix.readers, matrix.sources
    (('click', 'like'), ('s1', 's2'))
    >>> matrix.weights
    array([[0.5, 0.5],
           [0.5, 0.5]])
    """

    def __init__(self) -> None:
        self._sums: dict[int, _Sums] = {}
        self._tokens: list[contextvars.Token[GateRecords | None]] = []

    def __enter__(self) -> Self:
        self._tokens.append(_OPEN.set(self))
        return self

    def __exit__(self, *_: object) -> None:
        _OPEN.reset(self._tokens.pop())

    def add(self, gate: keras.layers.Layer, weights: np.ndarray) -> None:
        """Adds the rows of one pass.

        Args:
            gate: the layer they belong to.
            weights: `(batch, ..., values)`; `(values,)` of a gate that does
                not look at rows.
        """
        rows = np.atleast_2d(weights)
        self._sums.setdefault(id(gate), _Sums(gate)).add(rows)

    def means(self, gate: keras.layers.Layer) -> np.ndarray:
        """A gate's mean weights, `(..., values)`.

        Args:
            gate: a layer.

        Raises:
            ValueError: if it has not run.
        """
        return self._of(gate).weights / self._of(gate).num_rows

    def top_shares(self, gate: keras.layers.Layer) -> np.ndarray:
        """Shares of rows in which a value has the largest weight.

        Args:
            gate: a layer, see `means`.
        """
        return self._of(gate).tops / self._of(gate).num_rows

    def matrices(self, body: keras.layers.Layer) -> list[SharingMatrix]:
        """Who reads what in a sharing body, layer by layer.

        Args:
            body: a layer that ran while the records were open. One of our own
                has a method `sharing(records)`; of any other there is a matrix
                for each number of values: its gates by name, and values by
                number.
        """
        if hasattr(body, "sharing"):
            found: list[SharingMatrix] = body.sharing(self)
            return found
        inside = {id(layer) for layer in body._flatten_layers()}
        counts: dict[int, dict[str, keras.layers.Layer]] = {}
        for key, sums in self._sums.items():
            if key in inside and sums.weights.ndim == 1:
                own = counts.setdefault(sums.weights.shape[-1], {})
                own[sums.gate.name] = sums.gate
        return [
            self.matrix(
                f"gates of {count}", gates, [f"{i + 1}" for i in range(count)]
            )
            for count, gates in counts.items()
        ]

    def matrix(
        self,
        name: str,
        gates: Mapping[str, keras.layers.Layer | None],
        sources: Sequence[str],
        reads: Mapping[str, Sequence[str]] | None = None,
    ) -> SharingMatrix:
        """The mean weights of several gates.

        Args:
            name: see `SharingMatrix`.
            gates: dict reader -> its gate; `None` where all values weigh the
                same.
            sources: names of all that is read.
            reads: dict reader -> the sources that its gate mixes, in the gate's
                order. Defaults to `None`, all of them in order.
        """
        columns = {source: index for index, source in enumerate(sources)}
        means = np.full((len(gates), len(columns)), np.nan)
        tops = means.copy()
        for row, (reader, gate) in enumerate(gates.items()):
            read = sources if reads is None else reads[reader]
            own = [columns[source] for source in read]
            # A single value, or a plain mean, has no gate.
            is_gated = gate is not None and len(own) > 1
            means[row, own] = self.means(gate) if is_gated else 1 / len(own)
            tops[row, own] = self.top_shares(gate) if is_gated else 1 / len(own)
        return SharingMatrix(
            name, tuple(gates), tuple(sources), means, GATE_WEIGHT, tops
        )

    def _of(self, gate: keras.layers.Layer) -> "_Sums":
        if id(gate) not in self._sums:
            raise ValueError(
                "`gate` must have run while the records were open. "
                f"Received: gate={gate}"
            )
        return self._sums[id(gate)]


class _Sums:
    """Sums over the rows of one gate, which it keeps alive."""

    def __init__(self, gate: keras.layers.Layer) -> None:
        self.gate = gate
        self.num_rows = 0
        self.weights: np.ndarray = np.zeros(1)
        self.tops: np.ndarray = np.zeros(1)

    def add(self, weights: np.ndarray) -> None:
        best = np.eye(weights.shape[-1])[weights.argmax(axis=-1)]
        self.num_rows += len(weights)
        self.weights = self.weights + weights.sum(axis=0, dtype="float64")
        self.tops = self.tops + best.sum(axis=0)


_OPEN: contextvars.ContextVar[GateRecords | None] = contextvars.ContextVar(
    "gate_records", default=None
)


def record_weights(gate: keras.layers.Layer, weights: Tensor) -> None:
    """Adds a gate's weights to the open records, if there are any.

    Args:
        gate: the layer that mixes.
        weights: see `GateRecords.add`.

    Example:
    >>> gate = keras.layers.Identity()
    >>> with mt.layers.GateRecords() as records:
    ...     record_weights(gate, np.array([[0.25, 0.75]]))
    >>> records.means(gate)
    array([0.25, 0.75])
    """
    records = _OPEN.get()
    if records is not None:
        records.add(gate, ops.convert_to_numpy(ops.cast(weights, "float32")))
