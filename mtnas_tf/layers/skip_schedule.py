"""The arguments of the schedule by which tasks may skip blocks."""

from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive


def check_schedule(
    initial_temperature: float,
    temperature_decay: float,
    final_temperature: float,
    warmup_steps: int,
    annealing_steps: int,
    curriculum_epochs: int,
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
