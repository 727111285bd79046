"""The progress of a long run, and the time left.

A training does not know which run it is a part of: it reports to the progress
that is shown at the time, if there is one, as it would write to a log.
"""

import contextlib
import contextvars
import shutil
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

from tqdm import tqdm

from mtnas_tf.arguments import check_choices

VERBOSITIES = (0, 1, 2, "auto")
MOST_COLUMNS = 79
LOG_SECONDS = 30  # between two lines where there is no terminal
KNOWN_SHARE = 0.05  # share of the work, below which the estimate is used
BAR = "{desc}{percentage:3.0f}% |{bar:24}| {elapsed} so far{postfix}"
COUNT = "{desc}{postfix}"

Say = Callable[[str], None]

_shown: contextvars.ContextVar["Progress | None"] = contextvars.ContextVar(
    "progress", default=None
)


class Progress:
    """Shows the progress of an amount of work.

    On a terminal it is a bar below all lines, elsewhere a line every half a
    minute. Without a known total, both tell the pace in place of the time left.

    Args:
        total: float > 0. The whole work, in any unit; `None` if it is unknown.
        say: called with a line of text.
        label: what is being done. Defaults to `""`.
        unit: what is counted, in the plural. Defaults to `"steps"`.
        has_bar: whether there may be a bar. Defaults to `True`.
    """

    def __init__(
        self,
        total: float | None,
        say: Say,
        label: str = "",
        unit: str = "steps",
        has_bar: bool = True,
    ) -> None:
        self.total = total
        self.label = label
        self.unit = unit
        self.done = 0.0
        self._skipped = 0.0  # share that an earlier run has done
        self._say = say
        self._start = self._said = self._work_start = time.monotonic()
        self._expected: float | None = None  # seconds of the whole work
        # When the first work was done, which compilation may have held up.
        self._first: tuple[float, float] | None = None  # and its share
        self._bar = None
        if has_bar and sys.stderr.isatty():
            self._bar = tqdm(
                total=1.0,
                bar_format=COUNT if total is None else BAR,
                file=sys.stderr,
                leave=False,
                # tqdm would draw nothing where a terminal has no size.
                ncols=min(shutil.get_terminal_size().columns, MOST_COLUMNS),
                nrows=2,
            )
            self.refresh()

    def expect(self, total: float, seconds: float) -> None:
        """Corrects the amount of work that begins now, and its time."""
        self.total = total
        self._expected = seconds
        self._work_start = time.monotonic()

    def advance(self, amount: float) -> None:
        """Counts work that was done."""
        self.done += amount
        if self.total is not None:
            self.done = min(self.done, self.total)
        if self._first is None and amount:
            self._first = time.monotonic(), self._share
        if self._bar is not None and self.total is not None:
            self._bar.update(self._share - self._bar.n)

    def skip(self, amount: float) -> None:
        """Counts work of an earlier run, which says nothing of the pace."""
        before, first = self._share, self._first
        self.advance(amount)
        skipped = self._share - before
        self._skipped += skipped
        self._first = first and (first[0], first[1] + skipped)

    def say(self, text: str) -> None:
        """Shows a line of text above the bar."""
        if self._bar is None:
            self._say(text)
        else:
            with tqdm.external_write_mode(file=sys.stderr):
                self._say(text)

    def line(self) -> str:
        """Progress and time left, in words."""
        label = f"{self.label}: " if self.label else ""
        if self.total is None:
            return f"{label}{self._count()}"
        so_far = _clock(time.monotonic() - self._start)
        done = f"{self._share:4.0%} done, {so_far} so far"
        return f"{label}{done}, {self.time_left()} left"

    def time_left(self) -> str:
        """Time left, from the time taken so far or the expected time."""
        now = time.monotonic()
        seconds, share = now - self._work_start, self._share
        worked = share - self._skipped
        if self._expected is not None:
            if worked < KNOWN_SHARE:
                return _clock(max(self._expected - seconds, 0))
        elif self._first is None:
            return "?"
        elif share > self._first[1]:
            pace = (now - self._first[0]) / (share - self._first[1])
            return _clock(pace * (1 - share))
        return _clock(seconds * (1 - share) / worked)

    def refresh(self) -> None:
        """Updates the bar, or prints a line if the last one was long ago."""
        if self._bar is not None and self.total is None:
            self._bar.set_description_str(self.line())
        elif self._bar is not None:
            label = f"{self.label}: " if self.label else ""
            self._bar.set_description_str(label, refresh=False)
            self._bar.set_postfix_str(f"{self.time_left()} left")
        elif time.monotonic() - self._said >= LOG_SECONDS:
            self._said = time.monotonic()
            self._say(self.line())

    def close(self) -> None:
        """Removes the bar."""
        if self._bar is not None:
            self._bar.close()

    @property
    def _share(self) -> float:
        """The part that is done, or the amount if the total is unknown."""
        return self.done if self.total is None else self.done / self.total

    def _count(self) -> str:
        """What was done so far, and the pace since the first of it."""
        now = time.monotonic()
        so_far = f"{_clock(now - self._start)} so far"
        if self._first is None:
            return so_far
        text = f"{self.done:,.0f} {self.unit}, {so_far}"
        if now == self._first[0]:
            return text
        pace = (self.done - self._first[1]) / (now - self._first[0])
        return f"{text}, {pace:,.0f} {self.unit}/s"


@contextlib.contextmanager
def shown_progress(
    total: float | None, say: Say, label: str = "", unit: str = "steps"
) -> Iterator[Progress]:
    """Shows the progress of what the block does.

    Args:
        total: see `Progress`. Of trainings, one is that of all places of a
            `CandidateTrainer`.
        say: see `Progress`.
        label: see `Progress`. Defaults to `""`.
        unit: see `Progress`. Defaults to `"steps"`.
    """
    progress = Progress(total, say, label, unit)
    token = _shown.set(progress)
    is_over = threading.Event()
    clock = threading.Thread(
        target=_tick, args=(progress, is_over), daemon=True
    )
    clock.start()
    try:
        yield progress
    finally:
        is_over.set()
        clock.join()
        _shown.reset(token)
        progress.close()


@contextlib.contextmanager
def counted_progress() -> Iterator[Progress]:
    """Counts what the block does, and shows nothing."""
    progress = Progress(None, _ignore, has_bar=False)
    token = _shown.set(progress)
    try:
        yield progress
    finally:
        _shown.reset(token)


@contextlib.contextmanager
def reported_progress(total: float, verbose: int | str) -> Iterator[Say]:
    """Reports on a long call, as loudly as Keras' `verbose` says.

    Where a progress is shown already the call is a part of its work: its lines
    are shown above that bar.

    Args:
        total: see `Progress`.
        verbose: `0` (silent), `1` or `"auto"` (a bar with the time left, and
            lines), or `2` (lines alone).

    Yields:
        What to call with a line of text.
    """
    check_choices(VERBOSITIES, verbose=verbose)
    shown = _shown.get()
    if not verbose:
        yield _ignore
    elif shown is not None:
        yield shown.say
    elif verbose == 2:
        yield _print
    else:
        with shown_progress(total, _print) as progress:
            yield progress.say


def advance(amount: float) -> None:
    """Counts work for the progress that is shown, if one is."""
    progress = _shown.get()
    if progress is not None:
        progress.advance(amount)


def progress_now() -> Progress | None:
    """The progress that is shown, if one is."""
    return _shown.get()


def _ignore(line: str) -> None:
    """Ignores a line of text."""


def _print(line: str) -> None:
    """Prints at once, also into a pipe."""
    print(line, flush=True)


def _tick(progress: Progress, is_over: threading.Event) -> None:
    while not is_over.wait(1):
        progress.refresh()


def _clock(seconds: float) -> str:
    return str(tqdm.format_interval(seconds))
