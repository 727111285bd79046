"""The stages of a run that read or write many rows, each with its progress.

What reads rows does not know whether somebody waits for it: it says what it
does and counts, and a run that shows its stages draws a bar of it.
"""

import contextlib
import contextvars
from collections.abc import Callable
from collections.abc import Iterable
from collections.abc import Iterator
from typing import TypeVar

from mtnas_tf.progress import Say
from mtnas_tf.progress import progress_now
from mtnas_tf.progress import shown_progress

Item = TypeVar("Item")

_say: contextvars.ContextVar[Say | None] = contextvars.ContextVar(
    "stages", default=None
)


@contextlib.contextmanager
def shown_stages(say: Say) -> Iterator[None]:
    """Shows the progress of every `stage` in the block, one by one.

    Args:
        say: see `Progress`.
    """
    token = _say.set(say)
    try:
        yield
    finally:
        _say.reset(token)


def are_stages_shown() -> bool:
    """Whether the run shows the progress of every `stage`."""
    return _say.get() is not None


@contextlib.contextmanager
def stage(
    label: str, total: float | None = None, unit: str = "rows"
) -> Iterator[Callable[[float], None]]:
    """A part of a run that may take long, counted by itself.

    It is shown where the run shows its stages; where a progress of the whole
    run is shown, that bar names it.

    Args:
        label: see `Progress`.
        total: see `Progress`. Defaults to `None`.
        unit: see `Progress`. Defaults to `"rows"`.

    Yields:
        What to call with amounts that were done.
    """
    shown, say = progress_now(), _say.get()
    if shown is not None:
        before, shown.label = shown.label, label
        try:
            yield _ignore
        finally:
            shown.label = before
    elif say is None:
        yield _ignore
    else:
        with shown_progress(total, say, label, unit) as progress:
            yield progress.advance


def counted(
    items: Iterable[Item],
    label: str,
    total: float | None = None,
    unit: str = "rows",
    size: Callable[[Item], float] = lambda _: 1,
) -> Iterator[Item]:
    """The items, as a stage that lasts until the last one was used.

    Args:
        items: read one by one.
        label: see `stage`.
        total: see `stage`. Defaults to `None`.
        unit: see `stage`. Defaults to `"rows"`.
        size: amount of an item. Defaults to 1 each.
    """
    with stage(label, total, unit) as count:
        for item in items:
            yield item
            count(size(item))


def _ignore(amount: float) -> None:
    """Counts nothing."""
