"""Batch statistics measured anew."""

import itertools
from collections.abc import Iterable

import keras

from mtnas_tf.models import SparseRouteModel
from mtnas_tf.types import Batch

NUM_BATCHES = 100


def recalibrate(
    model: SparseRouteModel,
    batches: Iterable[Batch],
    num_batches: int = NUM_BATCHES,
) -> None:
    """Sets the moving averages to plain averages over training batches.

    Does nothing for a model without batch normalization. No other weight
    changes.

    Args:
        model: a model.
        batches: training batches `(inputs, labels)`.
        num_batches: int > 0. Batches to average. Defaults to `100`.

    Raises:
        ValueError: if there is no batch to average.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame["like"] = frame.click
    >>> data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=16)
    >>> supernet = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> inputs, labels = next(iter(data.train))
    >>> _ = supernet(inputs)
    >>> model = mt.derive.new_model(supernet, supernet.route)
    >>> recalibrate(model, data.train, num_batches=2)
    """
    norms = model.batch_norms
    if not norms:
        return
    batches = itertools.islice(batches, num_batches)
    first = next(batches, None)
    if first is None:
        raise ValueError(
            "`batches` must hold at least one batch, and `num_batches` be "
            f"positive. Received: no batch, num_batches={num_batches}"
        )
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset()
    for seen, batch in enumerate(itertools.chain([first], batches)):
        for norm in norms:
            norm.momentum = seen / (seen + 1)  # a running mean
        inputs, _, _ = keras.utils.unpack_x_y_sample_weight(batch)
        model(inputs, training=True)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
