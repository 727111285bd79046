"""How the temperature of a Gumbel softmax falls while a network trains."""

from keras import ops

from mtnas_tf.types import Tensor


def inverse_root_temperature(
    step: Tensor,
    initial_temperature: float,
    final_temperature: float = 0.0,
    annealing_steps: int = 1,
) -> Tensor:
    """`max(final, initial / sqrt(1 + step / annealing_steps))`.

    Args:
        step: float32 scalar. Steps taken so far.
        initial_temperature: float > 0.
        final_temperature: float >= 0. Defaults to `0.0`.
        annealing_steps: int > 0. Steps that count as one. Defaults to `1`.

    Returns:
        float32 scalar.

    Example:
    >>> float(inverse_root_temperature(24.0, 50.0))
    10.0
    """
    root = ops.sqrt(1.0 + step / annealing_steps)
    return ops.maximum(initial_temperature / root, final_temperature)
