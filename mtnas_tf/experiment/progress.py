"""How far a long run is, and how much time is left.

What trains does not know what it is a part of: it reports to the progress that
is shown at the time, if one is, as it would write to a log.
"""

import contextlib
import contextvars
import shutil
import sys
import threading
import time
from collections.abc import Callable
from collections.abc import Iterator

import keras
from tqdm import tqdm

# A search in a supernet, and a network trained by itself, in trainings of all
# places of a population.
OF_SUPERNET = 1.5
OF_NETWORK = 0.5
MOST_COLUMNS = 79
LOG_SECONDS = 30  # between two lines where there is no terminal
KNOWN_SHARE = 0.05  # of the work, until which what was expected tells more
BAR = "{percentage:3.0f}% |{bar:24}| {elapsed} so far{postfix}"

_shown: contextvars.ContextVar["Progress | None"] = contextvars.ContextVar(
    "progress", default=None
)


class Progress:
    """What is done of a known amount of work.

    On a terminal it is a bar below all lines, from the first second on;
    elsewhere a line every half a minute.

    Args:
        total: float > 0. The whole work, in any unit.
        say: called with a line of text.
    """

    def __init__(self, total: float, say: Callable[[str], None]) -> None:
        self.total = total
        self.done = 0.0
        self._say = say
        self._start = self._said = self._work_start = time.monotonic()
        self._expected: float | None = None  # seconds of the whole work
        self._bar = None
        if sys.stderr.isatty():
            self._bar = tqdm(
                total=1.0,
                bar_format=BAR,
                file=sys.stderr,
                leave=False,
                # tqdm would draw nothing where a terminal has no size.
                ncols=min(shutil.get_terminal_size().columns, MOST_COLUMNS),
                nrows=2,
            )
            self.refresh()

    def expect(self, total: float, seconds: float) -> None:
        """Corrects the work that begins now, and says how long it may take."""
        self.total = total
        self._expected = seconds
        self._work_start = time.monotonic()

    def advance(self, amount: float) -> None:
        """Counts work that was done."""
        self.done = min(self.done + amount, self.total)
        if self._bar is not None:
            self._bar.update(self.done / self.total - self._bar.n)

    def say(self, text: str) -> None:
        """Shows a line of text above the bar."""
        if self._bar is None:
            self._say(text)
        else:
            with tqdm.external_write_mode(file=sys.stderr):
                self._say(text)

    def line(self) -> str:
        """What is done and what is left, in words."""
        so_far = _clock(time.monotonic() - self._start)
        share = self.done / self.total
        return f"{share:4.0%} done, {so_far} so far, {self.time_left()} left"

    def time_left(self) -> str:
        """As what is done took, or was expected to take."""
        seconds = time.monotonic() - self._work_start
        share = self.done / self.total
        if share >= KNOWN_SHARE or (share and self._expected is None):
            return _clock(seconds * (1 / share - 1))
        if self._expected is None:
            return "?"
        return _clock(max(self._expected - seconds, 0))

    def refresh(self) -> None:
        """Moves the clock on, or says what is done if that was long ago."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"{self.time_left()} left")
        elif time.monotonic() - self._said >= LOG_SECONDS:
            self._said = time.monotonic()
            self._say(self.line())

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()


@contextlib.contextmanager
def shown_progress(
    total: float, say: Callable[[str], None]
) -> Iterator[Progress]:
    """Shows the progress of what the block trains.

    Args:
        total: see `Progress`. One is a training of a `CandidateTrainer`, of all
            its places.
        say: see `Progress`.
    """
    progress = Progress(total, say)
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


def advance(amount: float) -> None:
    """Counts work for the progress that is shown, if one is."""
    progress = _shown.get()
    if progress is not None:
        progress.advance(amount)


class StepProgress(keras.callbacks.Callback):
    """Counts the steps of a `fit` for the progress that is shown.

    Args:
        amount: float. The work of the whole `fit`.
        num_steps: int. Most steps that it may take.
    """

    def __init__(self, amount: float, num_steps: int) -> None:
        super().__init__()
        self.left = amount
        self.of_step = amount / num_steps

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        self.left -= self.of_step
        advance(self.of_step)

    def on_train_end(self, logs: object = None) -> None:
        advance(self.left)  # it may have stopped early


def _tick(progress: Progress, is_over: threading.Event) -> None:
    while not is_over.wait(1):
        progress.refresh()


def _clock(seconds: float) -> str:
    return str(tqdm.format_interval(seconds))
