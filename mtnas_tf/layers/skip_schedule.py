"""The arguments of the schedule by which tasks may skip blocks."""

from typing import Any

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive


def check_schedule(
    initial_temperature: Any,
    temperature_decay: Any,
    final_temperature: Any,
    warmup_steps: Any,
    annealing_steps: Any,
    curriculum_epochs: Any,
) -> None:
    """Refuses wrong arguments of `AdaShare` that shape its schedule."""
    check_positive(
        initial_temperature=initial_temperature,
        temperature_decay=temperature_decay,
        final_temperature=final_temperature,
    )
    if temperature_decay > 1:
        raise ValueError(
            "`temperature_decay` must be at most 1. Received: "
            f"temperature_decay={temperature_decay!r}"
        )
    check_ints(0, warmup_steps=warmup_steps)
    check_ints(
        annealing_steps=annealing_steps, curriculum_epochs=curriculum_epochs
    )
