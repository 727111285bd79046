"""The pictures of a comparison of allocations."""

import dataclasses
import functools
from collections.abc import Callable
from collections.abc import Iterator
from collections.abc import Sequence
from typing import Any

import numpy as np

from mtnas_tf.experiment.allocation.summary import by_method
from mtnas_tf.plots import draw_allocation
from mtnas_tf.plots import draw_curves
from mtnas_tf.plots import draw_task_tree

Result = dict[str, Any]
DRAWN = ("learned", "random")  # allocations that differ between tasks


@dataclasses.dataclass(frozen=True)
class Picture:
    """A picture that can be drawn.

    Args:
        name: of its file.
        caption: a sentence that tells what it shows.
        draw: draws it into the file of a path.
    """

    name: str
    caption: str
    draw: Callable[..., None]


def pictures(result: Result) -> Iterator[Picture]:
    """Curves of all methods; matrices and trees of a method's first seed.

    Args:
        result: of `compare`.

    Yields:
        `Picture`s.
    """
    groups = by_method(result["rows"])
    yield _curves(
        "accuracy",
        groups,
        result,
        "Validation accuracy over the rounds, mean over tasks: a line for "
        "each training, a thick one for their mean.",
        ("val_accuracy", "validation accuracy, mean over tasks"),
    )
    if "learned" in groups:
        yield _curves(
            "entropy",
            {"learned": groups["learned"]},
            result,
            "How undecided the learned bits are over the rounds.",
            ("entropy", "entropy of an allocation's bit, nats"),
        )
    for method in DRAWN:
        if method in groups:
            yield from _of_allocation(method, groups[method][0], result)


def _curves(
    name: str,
    groups: dict[str, list[dict[str, Any]]],
    result: Result,
    caption: str,
    quantity: tuple[str, str],
) -> Picture:
    rounds = result["protocol"]["config"]["allocation"]["rounds_per_epoch"]
    key, label = quantity
    curves = {
        method: [_curve(row["history"][key], rounds) for row in rows]
        for method, rows in groups.items()
    }
    draw = functools.partial(
        draw_curves,
        curves,
        title=result["dataset"],
        x_label="rounds",
        y_label=label,
    )
    return Picture(f"{name}.svg", caption, draw)


def _curve(values: Sequence[float], rounds: int) -> Any:
    return [rounds * (epoch + 1) for epoch in range(len(values))], values


def _of_allocation(
    method: str, row: dict[str, Any], result: Result
) -> Iterator[Picture]:
    tasks = result["protocol"]["tasks"]
    components = result["protocol"]["config"]["allocation"]["components"]
    whose = f"{method}, seed {row['seed']}"
    title = f"{result['dataset']}: {whose}"
    matrices = [("allocation", "allocated", "the components that it uses")]
    if row["probs"] is not None:
        matrices.append(
            ("probabilities", "probs", "the probability of each component")
        )
    for name, key, caption in matrices:
        yield Picture(
            f"{name}_{method}.svg",
            f"{whose}: for each task {caption}, layer by layer.",
            functools.partial(
                draw_allocation,
                np.array(row[key]),
                tasks,
                components,
                title=title,
            ),
        )
    yield Picture(
        f"tasks_{method}.svg",
        f"{whose}: tasks that join early use the same components.",
        functools.partial(
            draw_task_tree, np.array(row["allocated"]), tasks, title=title
        ),
    )
