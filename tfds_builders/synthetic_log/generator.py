"""A log of interactions whose truth is known.

Two appeals decide what happens between a user and an item, one for each group
of tasks:

    z_g = user_g + item_g + 0.7 hour_g + 0.7 device_g, standardised        (1)
    appeal_g = sin(f z_g + 0.6), standardised                              (2)
    P(task) = sigmoid(sharpness_g appeal_g + offset of the task)           (3)

Every user, item, hour and device has an effect on each appeal, all of them
independent draws from N(0, 1). So the tasks of a group differ in how frequent
they are alone, and the tasks of different groups have nothing in common. The
frequency f says how hard an appeal is to learn.
"""

import dataclasses
from collections.abc import Mapping

import numpy as np

# Field -> how many values it has, and the weight of their effects.
FIELDS = {
    "user_id": (100, 1.0),
    "item_id": (100, 1.0),
    "hour": (24, 0.7),
    "device": (4, 0.7),
    "weekday": (7, 0.0),
    "month": (12, 0.0),
    "city": (30, 0.0),
    "app_version": (10, 0.0),
}
GROUPS = (("click", "purchase"), ("like", "share"))
SHARPNESS = (5.0, 2.0)  # of each group
RATES = {"click": 0.35, "purchase": 0.03, "like": 0.2, "share": 0.03}
# Of the sine over z, which bends three or four times where most rows are. Of
# 10,000 rows most networks of sixteen units learn one such appeal, but few
# learn both: most learn the sharper one and stop there. At 1.7 a network
# carries both nearly as well as two do, at 2.8 most learn neither.
FREQUENCY = 2.2
_BISECTIONS = 60


@dataclasses.dataclass(frozen=True, kw_only=True)
class Log:
    """Rows, and what is true of them.

    Args:
        fields: dict field -> int `(num_rows,)`.
        probabilities: dict task -> float64 `(num_rows,)`, what a perfect model
            predicts.
        labels: dict task -> int `(num_rows,)`, 0 or 1.
    """

    fields: Mapping[str, np.ndarray]
    probabilities: Mapping[str, np.ndarray]
    labels: Mapping[str, np.ndarray]


def draw_log(seed: int, num_rows: int, frequency: float = FREQUENCY) -> Log:
    """Draws effects and rows.

    Args:
        seed: int >= 0. Seed of everything drawn.
        num_rows: int > 0.
        frequency: float > 0. Of the appeals' sine. Defaults to `2.2`.
    """
    rng = np.random.default_rng(seed)
    fields = {
        name: rng.integers(size, size=num_rows)
        for name, (size, _) in FIELDS.items()
    }
    probabilities = {}
    for group, sharpness in zip(GROUPS, SHARPNESS, strict=True):
        logits = sharpness * _draw_appeal(rng, fields, frequency)
        for task in group:
            probabilities[task] = _with_rate(logits, RATES[task])
    labels = {
        task: (rng.random(num_rows) < values).astype(np.int64)
        for task, values in probabilities.items()
    }
    return Log(fields=fields, probabilities=probabilities, labels=labels)


def _draw_appeal(
    rng: np.random.Generator,
    fields: Mapping[str, np.ndarray],
    frequency: float,
) -> np.ndarray:
    """Equations 1 and 2."""
    total = sum(
        weight * rng.standard_normal(size)[fields[name]]
        for name, (size, weight) in FIELDS.items()
    )
    return _standardised(np.sin(frequency * _standardised(total) + 0.6))


def _standardised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def _with_rate(logits: np.ndarray, rate: float) -> np.ndarray:
    """Probabilities of the mean `rate`: equation 3, the offset by bisection."""
    low, high = -30.0, 30.0
    for _ in range(_BISECTIONS):
        offset = (low + high) / 2
        if _sigmoid(logits + offset).mean() < rate:
            low = offset
        else:
            high = offset
    return _sigmoid(logits + offset)


def _sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))
