"""Copies weights into a network that has a part of them."""

from collections.abc import Sequence
from typing import Any

from mtnas_tf.layers import SubNetworkBank


def copy_weights(source: Any, target: Any) -> None:
    """Copies all weights of a layer.

    Args:
        source: layer.
        target: layer of the same weights.
    """
    target.set_weights(source.get_weights())


def copy_sub_networks(
    source: SubNetworkBank, target: SubNetworkBank, rows: Sequence[int]
) -> None:
    """Copies the given sub-networks; each owns a row of every weight.

    Args:
        source: `SubNetworkBank`.
        target: `SubNetworkBank` of as many sub-networks as there are rows.
        rows: indices of sub-networks in `source`.
    """
    weights = dict(zip(_names(source), source.get_weights(), strict=True))
    target.set_weights([weights[name][rows] for name in _names(target)])


def _names(layer: Any) -> list[str]:
    return [weight.name for weight in layer.weights]
