"""The sub-networks of one layer of all candidates, of several widths."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_widths
from mtnas_tf.layers import SubNetworkBank
from mtnas_tf.layers.side_by_side import widened
from mtnas_tf.types import Config
from mtnas_tf.types import Shape
from mtnas_tf.types import Tensor


@keras.saving.register_keras_serializable(package="mtnas_tf")
class UnequalBank(keras.layers.Layer):
    """Parallel one-layer sub-networks, several times over.

    Those of one width are a `SubNetworkBank`: they have no weights and take no
    time for units that they lack. Outputs of narrower ones end with zeros.

    Args:
        num_candidates: int > 0.
        units: sequence of int > 0. Width of each sub-network of a candidate.
        normalization: see `SubNetworkBank`. Defaults to `None`.
        dropout_rate: see `SubNetworkBank`. Defaults to `0.0`.
        **kwargs: Passed to `keras.layers.Layer`.

    Call arguments:
        inputs: `(batch, num_candidates, input_dim)`, or `(batch,
            num_subnetworks, input_dim)`, of each of all candidates.
        training: bool. Defaults to `False`.
        is_linear: see `SubNetworkBank`. Defaults to `None`.

    Output shape:
        `(batch, num_subnetworks, widest)`.

    Attributes:
        banks: dict width -> `SubNetworkBank`.
        places: dict width -> indices of its sub-networks in a candidate.

    Example:
    >>> bank = UnequalBank(num_candidates=3, units=(4, 2))
    >>> bank(np.ones((5, 3, 7))).shape
    TensorShape([5, 6, 4])
    """

    def __init__(
        self,
        num_candidates: int,
        units: Sequence[int],
        normalization: str | None = None,
        dropout_rate: float = 0.0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        check_ints(num_candidates=num_candidates)
        check_widths(1, units=units)
        self.num_candidates = num_candidates
        self.units = tuple(map(int, units))
        self.normalization = normalization
        self.dropout_rate = dropout_rate
        self.num_subnetworks = num_candidates * len(self.units)
        self.places = {
            width: [i for i, own in enumerate(self.units) if own == width]
            for width in dict.fromkeys(self.units)
        }
        self.banks = {
            width: SubNetworkBank(
                num_candidates * len(places),
                width,
                normalization,
                dropout_rate,
                dtype=self.dtype_policy,
                name=f"units_{width}",
            )
            for width, places in self.places.items()
        }

    def build(self, input_shape: Shape) -> None:
        for bank in self.banks.values():
            bank.build((None, bank.num_subnetworks, input_shape[-1]))

    def call(
        self, inputs: Tensor, training: bool = False, is_linear: Tensor = None
    ) -> Tensor:
        widest, parts = max(self.units), []
        for width, bank in self.banks.items():
            read, linear = inputs, is_linear
            if inputs.shape[1] == self.num_subnetworks:
                read = self._part(inputs, width, axis=1)
            if is_linear is not None:
                linear = self._part(is_linear, width, axis=0)
            part = bank(read, training=training, is_linear=linear)
            count = len(self.places[width])
            part = ops.reshape(part, (-1, self.num_candidates, count, width))
            parts.append(widened(part, widest))
        found = np.concatenate(list(self.places.values()))
        outputs = ops.concatenate(parts, axis=2)
        outputs = ops.take(outputs, np.argsort(found), axis=2)
        return ops.reshape(outputs, (-1, self.num_subnetworks, widest))

    def compute_output_shape(self, input_shape: Shape) -> Shape:
        return (input_shape[0], self.num_subnetworks, max(self.units))

    def get_config(self) -> Config:
        return {
            **super().get_config(),
            "num_candidates": self.num_candidates,
            "units": list(self.units),
            "normalization": self.normalization,
            "dropout_rate": self.dropout_rate,
        }

    def _part(self, tensor: Tensor, width: int, axis: int) -> Tensor:
        """What belongs to the sub-networks of a width, on an axis of all."""
        each = np.arange(self.num_subnetworks)
        by_candidate = each.reshape(self.num_candidates, len(self.units))
        places = by_candidate[:, self.places[width]].ravel()
        return ops.take(tensor, places, axis=axis)


def parts_of(
    bank: SubNetworkBank | UnequalBank, num_subnetworks: int
) -> list[tuple[SubNetworkBank, list[int]]]:
    """The banks of one width in a layer, each with the places it has.

    Args:
        bank: a layer of all candidates.
        num_subnetworks: int. Of a candidate, in the layer.

    Example:
    >>> bank = UnequalBank(num_candidates=3, units=(4, 2, 4))
    >>> [(each.units, places) for each, places in parts_of(bank, 3)]
    [(4, [0, 2]), (2, [1])]
    """
    if isinstance(bank, SubNetworkBank):
        return [(bank, list(range(num_subnetworks)))]
    return [(bank.banks[width], bank.places[width]) for width in bank.banks]
