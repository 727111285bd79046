"""Two regression tasks of a chosen correlation.

Equations 6 to 9 of MTNAS (https://arxiv.org/abs/2009.00387), which follow MMoE
(Ma et al., KDD 2018):

    u1 . u2 = 0,  |u1| = |u2| = 1                                           (6)
    w1 = c u1,  w2 = c (p u1 + sqrt(1 - p^2) u2)                            (7)
    y_k = w_k . x + sum_i sin(alpha_i w_k . x + beta_i) + noise_k      (8), (9)

with x ~ N(0, I). The tasks (6, 7, alpha, beta) are drawn once; the papers'
"repeat" concerns the rows alone, else every row would have its own tasks.
"""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tasks:
    """Parameters of the two tasks.

    Args:
        weights: `(2, num_features)`. The vectors w1 and w2.
        alpha: `(num_sines,)`. Frequencies of the sines, for both tasks.
        beta: `(num_sines,)`. Phases of the sines, for both tasks.
    """

    weights: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray


def draw_tasks(
    rng: np.random.Generator,
    *,
    correlation: float,
    num_features: int,
    scale: float,
    num_sines: int,
) -> Tasks:
    """Draws two tasks whose weight vectors have cosine `correlation`.

    Neither paper gives alpha and beta; N(0, 1) is what PLE (Tang et al.,
    RecSys 2020) discloses for the same data.
    """
    first, second = rng.standard_normal((2, num_features))
    u1 = first / np.linalg.norm(first)
    second = second - (second @ u1) * u1
    u2 = second / np.linalg.norm(second)
    w2 = correlation * u1 + np.sqrt(1 - correlation**2) * u2
    return Tasks(
        weights=scale * np.stack([u1, w2]),
        alpha=rng.standard_normal(num_sines),
        beta=rng.standard_normal(num_sines),
    )


def draw_rows(
    rng: np.random.Generator,
    tasks: Tasks,
    *,
    num_rows: int,
    noise_variance: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Draws inputs and labels.

    Returns:
        tuple: inputs, float32 `(num_rows, num_features)`, and labels, float32
        `(num_rows, 2)`.
    """
    num_features = tasks.weights.shape[1]
    # Rounded first, so that the labels belong to the inputs that are stored.
    x = rng.standard_normal((num_rows, num_features)).astype(np.float32)
    labels = x @ tasks.weights.T  # (rows, task)
    noiseless = labels.copy()
    for alpha, beta in zip(tasks.alpha, tasks.beta, strict=True):
        labels += np.sin(alpha * noiseless + beta)
    labels += np.sqrt(noise_variance) * rng.standard_normal(labels.shape)
    return x, labels.astype(np.float32)
