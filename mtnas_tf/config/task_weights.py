"""Weights of tasks, as a config holds them."""

from collections.abc import Sequence

from mtnas_tf.arguments import check_positive


def weights_by_task(key: str, entries: Sequence[str]) -> dict[str, float]:
    """Task -> weight, of entries `task:weight`.

    Args:
        key: of the entries in a config, for messages.
        entries: strings.

    Raises:
        ValueError: for an entry of another form, a weight that is no finite
            number above 0, or a second weight of a task.

    Example:
    >>> weights_by_task("optim.loss_weights", ["like:10", "follow:2.5"])
    {'like': 10.0, 'follow': 2.5}
    """
    weights: dict[str, float] = {}
    for entry in entries:
        task, _, text = entry.rpartition(":")
        try:
            weight = float(text)
            check_positive(weight=weight)
        except ValueError:
            task = ""
        if not task or task in weights:
            raise ValueError(
                f"`{key}` must hold entries such as like:10, one a task, with "
                f"a finite weight above 0. Received: {entry!r}"
            )
        weights[task] = weight
    return weights
