"""What an epoch of a training logged, in one line."""

from collections.abc import Mapping

import keras

from mtnas_tf.models.evaluated_model import EvaluatedModel
from mtnas_tf.models.result_keys import LOSS

VALID = "val_"
MOST_DIGITS = 1e4  # below which numbers are written with four decimals


def epoch_text(model: keras.Model, logs: Mapping[str, float]) -> str:
    """The logs of an epoch as text.

    Losses come first, then what is about no task, then the validation metrics
    of every task, or those of the training if there was no validation. What is
    about a part of the model, with a slash in its name, and zeros are left out.

    Args:
        model: `keras.Model` that was trained. Only those of this library tell
            which metric is of which task.
        logs: what Keras gives `on_epoch_end`.

    Example:
    >>> epoch_text(keras.Model(), {"loss": 0.5, "val_loss": 0.25})
    'loss 0.5000, valid loss 0.2500'
    """
    of_tasks = {}
    if isinstance(model, EvaluatedModel):
        of_tasks = model.names_of_logs()
    common = [
        (_without_prefix(name), value)
        for name, value in sorted(logs.items(), key=_losses_first)
        if name.removeprefix(VALID) not in of_tasks
        and "/" not in name
        and float(value)
    ]
    prefix = VALID if any(name.startswith(VALID) for name in logs) else ""
    tasks: dict[str, list[tuple[str, float]]] = {}
    for name, (task, metric) in of_tasks.items():
        if f"{prefix}{name}" in logs:
            value = logs[f"{prefix}{name}"]
            tasks.setdefault(task, []).append((metric, value))
    parts = [_listed(common)]
    parts += [f"{task} {_listed(values)}" for task, values in tasks.items()]
    return "; ".join(part for part in parts if part)


def _losses_first(item: tuple[str, float]) -> bool:
    return item[0] not in (LOSS, f"{VALID}{LOSS}")


def _without_prefix(name: str) -> str:
    is_valid = name.startswith(VALID)
    return f"valid {name.removeprefix(VALID)}" if is_valid else name


def _listed(values: list[tuple[str, float]]) -> str:
    return ", ".join(f"{name} {_number(float(x))}" for name, x in values)


def _number(value: float) -> str:
    is_short = 1e-4 <= abs(value) < MOST_DIGITS or not value
    return f"{value:.4f}" if is_short else f"{value:.3g}"
