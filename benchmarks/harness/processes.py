"""Measures subjects side by side: a process each, rounds in turn."""

import contextlib
import dataclasses
import json
import pathlib
import queue
import subprocess
import sys
import threading
from collections.abc import Sequence
from typing import IO
from typing import Any
from typing import TypeVar

from benchmarks.harness.measurement import Measurement

ROOT = pathlib.Path(__file__).parents[2]
T = TypeVar("T")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Subject:
    """A subject to measure.

    Args:
        name: string. Its name in results, distinct among those compared.
        module: string. A module as `benchmarks.harness.subject` describes.
        config: dict of plain data that the module's function gets.
        function: string. Its name. Defaults to `"build"`.
        python: path of the interpreter to run it. Defaults to this one.
    """

    name: str
    module: str
    config: dict[str, Any] = dataclasses.field(default_factory=dict)
    function: str = "build"
    python: str = sys.executable


def measure(
    subjects: Sequence[Subject],
    rounds: int,
    log_dir: pathlib.Path,
    ready_seconds: float = 300,
    round_seconds: float = 120,
) -> list[Measurement]:
    """Starts one subject after the other, then lets them measure in turn.

    Every other round goes through them backwards, so that a machine that slows
    down or speeds up steadily favours none. A subject that fails, ends or
    exceeds its time is left out of the rounds to come; its measurement holds
    the error. All processes have ended when this returns.

    Args:
        subjects: the subjects.
        rounds: int > 0. Rounds of each.
        log_dir: directory for what the subjects print, a file each.
        ready_seconds: time limit for one subject to get ready.
        round_seconds: time limit of one round of one subject.

    Returns:
        A measurement of each subject, in their order.
    """
    log_dir.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as stack:
        processes = []
        for subject in subjects:
            processes.append(_Process(subject, log_dir))
            stack.callback(processes[-1].close)
            processes[-1].get_ready(ready_seconds)
        for index in range(rounds):
            for process in in_turn(processes, index):
                process.measure_round(round_seconds)
            progress(f"  round {index + 1} of {rounds}")
    return [process.measurement for process in processes]


def in_turn(subjects: Sequence[T], index: int) -> Sequence[T]:
    """The order of a round: backwards in every other one."""
    return subjects if index % 2 == 0 else subjects[::-1]


def progress(text: str) -> None:
    """Tells whoever waits what is going on."""
    print(text, file=sys.stderr, flush=True)


class _Process:
    """A subject's process, started, and what it measured."""

    def __init__(self, subject: Subject, log_dir: pathlib.Path) -> None:
        self.measurement = Measurement(subject.name)
        self._log_path = log_dir / f"{subject.name.replace(' ', '_')}.log"
        # Lines of its output; None at the end.
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._process: subprocess.Popen[str] | None = None
        try:
            self._process = self._start(subject)
        except OSError as error:
            self._fail(str(error))
            return
        threading.Thread(
            target=self._read, args=(self._process.stdout,), daemon=True
        ).start()

    def get_ready(self, seconds: float) -> None:
        message = self._receive(seconds, "did not get ready")
        if message:
            self.measurement.import_mb = message["import_mb"]
            self.measurement.peak_mb = message["peak_mb"]
            self.measurement.versions = message["versions"]
            progress(f"  {self.measurement.subject}: ready")

    def measure_round(self, seconds: float) -> None:
        if self._process is None:
            return
        # A process that has ended is told by the end of its output.
        with contextlib.suppress(BrokenPipeError):
            print("round", file=self._process.stdin, flush=True)
        message = self._receive(seconds, "did not finish a round")
        if message:
            self.measurement.rounds.append(message["figures"])
            self.measurement.peak_mb = message["peak_mb"]

    def close(self) -> None:
        """Ends the process; it has nothing to save."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()  # type: ignore[union-attr]
        self._process = None

    def _start(self, subject: Subject) -> "subprocess.Popen[str]":
        command = [
            *(subject.python, "-m", "benchmarks.harness.subject"),
            *(subject.module, subject.function, json.dumps(subject.config)),
        ]
        with open(self._log_path, "w", encoding="utf-8") as log:
            return subprocess.Popen(
                command,
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )

    def _read(self, output: IO[str]) -> None:
        with output:
            for line in output:
                self._lines.put(line)
        self._lines.put(None)

    def _receive(self, seconds: float, failure: str) -> dict[str, Any] | None:
        """The next message, or None after noting what went wrong."""
        if self._process is None:
            return None
        try:
            line = self._lines.get(timeout=seconds)
        except queue.Empty:
            self._fail(f"{failure} within {seconds:g} s")
            return None
        if line is None:
            status = self._process.wait()
            self._fail(f"ended with status {status}, see {self._log_path}")
            return None
        message: dict[str, Any] = json.loads(line)
        if "error" in message:
            self._fail(message["error"])
            return None
        return message

    def _fail(self, error: str) -> None:
        self.measurement.error = error
        progress(f"  {self.measurement.subject}: {error}")
        self.close()
