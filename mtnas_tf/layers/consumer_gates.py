"""A gate for each of several consumers."""

from collections.abc import Iterable

from mtnas_tf.arguments import check_choices
from mtnas_tf.layer_name import layer_name
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS
from mtnas_tf.layers.gate import Gate
from mtnas_tf.types import DType


def consumer_gates(
    consumers: Iterable[str], gate_normalization: str | None, dtype: DType
) -> dict[str, Gate]:
    """Makes a gate for each consumer, named after it.

    Args:
        consumers: names of tasks or sub-networks.
        gate_normalization: `None` or `"batch"`, see `Gate`.
        dtype: dtype or policy of the gates.

    Returns:
        dict consumer -> `Gate`.

    Example:
    >>> gates = consumer_gates(["click", "like"], None, "float32")
    >>> gates["like"].name
    'gate_like'
    """
    check_choices(GATE_NORMALIZATIONS, gate_normalization=gate_normalization)
    return {
        consumer: Gate(
            gate_normalization, dtype=dtype, name=layer_name("gate", consumer)
        )
        for consumer in consumers
    }
