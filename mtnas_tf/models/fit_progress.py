"""Shows a whole training as one bar, and an epoch as one line."""

import time

import keras

from mtnas_tf.arguments import check_choices
from mtnas_tf.models.epoch_text import epoch_text
from mtnas_tf.progress import VERBOSITIES
from mtnas_tf.progress import Progress
from mtnas_tf.progress import progress_now
from mtnas_tf.types import Logs

REFRESH_SECONDS = 1.0


class FitProgress(keras.callbacks.Callback):
    """One bar for all epochs of a `fit`, with the time left, and their lines.

    A line has the losses of training and validation and the validation's
    metrics by task; without validation, those of the training. On a terminal
    the bar stays below the lines, elsewhere there is a line about the progress
    every half a minute. If the number of batches is unknown, steps a second
    take the place of the time left.

    It takes the place of Keras's own bars: `fit` needs `verbose=0`.

    Args:
        verbose: `1` or `"auto"` (the bar and the lines), `2` (the lines alone)
            or `0` (silent). Defaults to `1`.
        work: float. What the whole `fit` counts for in the progress of a longer
            run that is shown already, which then has the only bar. Defaults to
            `None`, nothing.

    Example:
    >>> data = mt.data.load("synthetic_mtl", data_dir="tfds")
    >>> model = mt.models.SharedBottom(data.schema)
    >>> model.compile()
    >>> bar = mt.models.FitProgress()
    >>> history = model.fit(
    ...     data.train,
    ...     validation_data=data.valid,
    ...     epochs=2,
    ...     verbose=0,
    ...     callbacks=[bar],
    ... )
    epoch 1/2, ... s: loss ..., valid loss ...; task_0 mse ..., mae ...; ...
    epoch 2/2, ... s: loss ...
    """

    def __init__(
        self, verbose: int | str = 1, work: float | None = None
    ) -> None:
        super().__init__()
        check_choices(VERBOSITIES, verbose=verbose)
        self.verbose = verbose
        self.work = work
        self._progress: Progress | None = None  # counts the steps
        self._is_own = False  # its bar, which ends with the training

    def on_train_begin(self, logs: Logs = None) -> None:
        self._progress, self._is_own = progress_now(), False
        self._counted = 0  # steps of the whole training
        self._num_steps = self._steps_of(self.params["epochs"])
        if self._progress is None and self.verbose in (1, "auto"):
            self._progress = Progress(self._num_steps, _print)
            self._is_own = True
        self._refreshed = time.monotonic()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        before = self._steps_of(epoch)  # in earlier epochs
        self._before = self._counted if before is None else before
        self._count(self._before, is_done=False)  # if a run is resumed
        self._epoch_start = time.monotonic()
        self._label(self._epoch(epoch))

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._count(self._before + batch + 1)

    def on_test_begin(self, logs: Logs = None) -> None:
        if self._is_own:
            self._label("validation")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if not self.verbose:
            return
        seconds = time.monotonic() - self._epoch_start
        text = epoch_text(self.model, logs or {})
        say = _print if self._progress is None else self._progress.say
        say(f"{self._epoch(epoch)}, {seconds:.0f} s: {text}")

    def on_train_end(self, logs: Logs = None) -> None:
        if self._is_own and self._progress is not None:
            self._progress.close()
        elif self.work is not None and self._progress is not None:
            # It may have stopped early.
            left = 1.0
            if self._num_steps is not None:
                left -= self._counted / self._num_steps
            self._progress.advance(self.work * left)
        self._progress = None

    def _steps_of(self, epochs: int) -> int | None:
        steps = self.params.get("steps")
        return None if steps is None else epochs * steps

    def _epoch(self, epoch: int) -> str:
        return f"epoch {epoch + 1}/{self.params['epochs']}"

    def _count(self, num_steps: int, is_done: bool = True) -> None:
        """Counts steps up to a number of them, of this run or one before."""
        new, self._counted = num_steps - self._counted, num_steps
        if self._progress is None or not new:
            return
        count = self._progress.advance if is_done else self._progress.skip
        if self._is_own:
            count(new)
            self._refresh()
        elif self.work is not None and self._num_steps is not None:
            count(self.work * new / self._num_steps)

    def _label(self, text: str) -> None:
        if self._progress is not None and self.verbose:
            self._progress.label = text
            if self._is_own:
                self._progress.refresh()

    def _refresh(self) -> None:
        """Updates the time left; no thread does, which an error would leave."""
        now = time.monotonic()
        if self._progress is not None and (
            now - self._refreshed >= REFRESH_SECONDS
        ):
            self._refreshed = now
            self._progress.refresh()


def _print(line: str) -> None:
    print(line, flush=True)
