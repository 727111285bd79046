"""Who reads what in the networks of a population."""

import numpy as np
from keras import ops

from mtnas_tf.layers import GateRecords
from mtnas_tf.layers.gate_records import GATE_WEIGHT
from mtnas_tf.population.route_population import RoutePopulation
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.types import Dataset


def sharing_of_candidates(
    population: RoutePopulation, batches: Dataset, steps: int | None = None
) -> list[list[SharingMatrix]]:
    """The result of `MultiTaskModel.sharing` for each candidate's network.

    Args:
        population: `RoutePopulation`.
        batches: see `MultiTaskModel.sharing`.
        steps: int. Batches to read. Defaults to all.

    Returns:
        for each candidate a `SharingMatrix` for each layer.
    """
    records = population.gate_records(batches, steps)
    layers = [
        _of_layer(population, layer, records)
        for layer in range(population.space.num_layers)
    ]
    return [list(matrices) for matrices in zip(*layers, strict=True)]


def _of_layer(
    population: RoutePopulation, layer: int, records: GateRecords
) -> list[SharingMatrix]:
    """What every candidate's readers take from a 0-based layer."""
    gates = population.body.gates[layer]
    is_read = ops.convert_to_numpy(gates.masks) == 1
    weights = np.where(is_read, records.means(gates), np.nan)
    tops = np.where(is_read, records.top_shares(gates), np.nan)
    return [
        SharingMatrix(
            f"layer {layer + 1}",
            population.space.consumers[layer],
            population.space.blocks_of(layer)[0].values,
            own,
            GATE_WEIGHT,
            own_tops,
        )
        for own, own_tops in zip(weights, tops, strict=True)
    ]
