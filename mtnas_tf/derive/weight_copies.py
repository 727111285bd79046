"""Copies weights into a network that has a part of them."""

from collections.abc import Sequence

import keras
import numpy as np

from mtnas_tf.layers import SubNetworkBank


def copy_weights(
    source: keras.layers.Layer, target: keras.layers.Layer
) -> None:
    """Copies all weights of a layer.

    Args:
        source: layer.
        target: layer of the same weights.
    """
    target.set_weights(source.get_weights())


def copy_sub_networks(
    origins: Sequence[tuple[SubNetworkBank, int]], target: SubNetworkBank
) -> None:
    """Copies the given sub-networks; each owns a row of every weight.

    Args:
        origins: for each sub-network of `target` the bank that has it, and its
            index there.
        target: `SubNetworkBank`.
    """
    rows = [(_by_name(bank), row) for bank, row in origins]
    target.set_weights(
        [
            np.stack([weights[weight.name][row] for weights, row in rows])
            for weight in target.weights
        ]
    )


def _by_name(layer: keras.layers.Layer) -> dict[str, np.ndarray]:
    names = [weight.name for weight in layer.weights]
    return dict(zip(names, layer.get_weights(), strict=True))
