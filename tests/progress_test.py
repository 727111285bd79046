import contextlib
import io
import sys
import time

import pytest

from mtnas_tf import progress
from mtnas_tf.progress import Progress
from mtnas_tf.progress import reported_progress
from mtnas_tf.progress import shown_progress


class Clock:
    """In place of the module `time`."""

    def __init__(self):
        self.now = 100.0

    def monotonic(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progress, "time", clock)
    return clock


def test_time_left_is_what_the_rest_takes_at_the_same_pace(clock):
    work = Progress(8.0, print)
    assert work.time_left() == "?"
    clock.now += 30
    work.advance(2.0)
    assert work.time_left() == "01:30"
    assert work.line() == " 25% done, 00:30 so far, 01:30 left"
    clock.now += 90
    work.advance(6.0)
    assert work.time_left() == "00:00"


def test_compilation_before_the_first_step_tells_no_pace(clock):
    work = Progress(4.0, print)
    work.advance(0.0)
    assert work.time_left() == "?"
    clock.now += 60
    work.advance(1.0)
    assert work.time_left() == "03:00"
    clock.now += 10
    work.advance(1.0)
    assert work.time_left() == "00:20"


def test_work_of_an_earlier_run_tells_no_pace(clock):
    work = Progress(10.0, print)
    work.skip(4.0)
    clock.now += 30
    assert work.line() == " 40% done, 00:30 so far, ? left"
    work.advance(1.0)
    assert work.time_left() == "02:30"
    clock.now += 10
    work.advance(1.0)
    assert work.time_left() == "00:40"
    work.skip(2.0)  # another training that was resumed
    assert work.line() == " 80% done, 00:40 so far, 00:20 left"


def test_time_left_as_expected_until_something_is_known(clock):
    work = Progress(3.0, print)
    clock.now += 10  # compilation
    work.expect(100.0, 600)
    assert work.time_left() == "10:00"
    clock.now += 20
    work.advance(1.0)
    assert work.time_left() == "09:40"
    clock.now += 100
    work.advance(19.0)  # slower than expected: 20 in 120 s
    assert work.time_left() == "08:00"
    assert work.line().endswith("02:10 so far, 08:00 left")


def test_work_beyond_the_total_is_all_of_it(clock):
    work = Progress(2.0, print)
    clock.now += 10
    work.advance(3.0)
    assert work.line() == "100% done, 00:10 so far, 00:00 left"


def test_an_unknown_total_tells_the_pace(clock):
    work = Progress(None, print, "reading", "rows")
    assert work.line() == "reading: 00:00 so far"
    clock.now += 30  # until the first rows
    work.advance(1000)
    assert work.line() == "reading: 1,000 rows, 00:30 so far"
    clock.now += 10
    work.advance(2000)
    assert work.line() == "reading: 3,000 rows, 00:40 so far, 200 rows/s"


def test_a_line_every_half_minute_without_a_terminal(clock):
    lines = []
    work = Progress(4.0, lines.append)
    for _ in range(100):  # seconds
        clock.now += 1
        work.advance(0.01)
        work.refresh()
    assert len(lines) == 3
    assert lines[0].startswith("  8% done, 00:30 so far")
    work.say("a row")
    assert lines[-1] == "a row"


def test_a_bar_on_a_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    lines = []
    with shown_progress(4.0, lines.append, "epoch 1/2") as work:
        assert "epoch 1/2:   0% |" in terminal.getvalue()
        assert "? left" in terminal.getvalue()
        progress.advance(1.0)
        work.refresh()
        work.say("a row")
        seen = terminal.getvalue()
    assert " 25% |" in seen and "left" in seen
    assert lines == ["a row"]
    assert "\n" not in seen.strip()
    assert terminal.getvalue().endswith("\r")  # and it is gone at the end


def test_a_bar_of_an_unknown_total(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown_progress(None, print, "reading", "rows") as work:
        work.advance(3)
        work.refresh()
        assert "\rreading: 3 rows, 00:0" in terminal.getvalue()
    assert "%" not in terminal.getvalue()


def test_a_bar_moves_by_itself(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with shown_progress(4.0, print) as work:
        work.expect(4.0, 3600)
        deadline = time.monotonic() + 30
        while "59:5" not in terminal.getvalue():
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_nothing_is_shown_by_default():
    progress.advance(1.0)  # of nothing


def test_the_innermost_progress_counts_and_is_over_after_an_error():
    with shown_progress(4.0, print) as work:
        with contextlib.suppress(ValueError), shown_progress(2.0, print) as own:
            progress.advance(1.0)
            raise ValueError
        progress.advance(3.0)
    progress.advance(9.0)
    assert (work.done, own.done) == (3.0, 1.0)


def test_silence(capsys):
    with reported_progress(4.0, 0) as say:
        say("a round")
    with shown_progress(4.0, print), reported_progress(4.0, 0) as say:
        say("a round")
    assert capsys.readouterr() == ("", "")


def test_lines_alone(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with reported_progress(4.0, 2) as say:
        progress.advance(1.0)
        say("a round")
    assert capsys.readouterr().out == "a round\n"
    assert sys.stderr.getvalue() == ""


@pytest.mark.parametrize("verbose", [1, "auto"])
def test_a_bar_and_lines(monkeypatch, capsys, verbose):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with reported_progress(4.0, verbose) as say:
        progress.advance(1.0)
        say("a round")
    assert capsys.readouterr().out == "a round\n"
    assert " 25% |" in sys.stderr.getvalue()


@pytest.mark.parametrize("verbose", [1, 2])
def test_a_part_of_what_is_shown(capsys, verbose):
    lines = []
    with shown_progress(4.0, lines.append) as work:
        with reported_progress(1.0, verbose) as say:
            progress.advance(1.0)
            say("a round")
    assert (lines, work.done) == (["a round"], 1.0)
    assert capsys.readouterr() == ("", "")


def test_wrong_verbosity():
    with pytest.raises(ValueError, match="`verbose` must be one of.*=3"):
        with reported_progress(1.0, 3):
            pass
