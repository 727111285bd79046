import io
import sys

import pytest

from mtnas_tf.progress import progress_now
from mtnas_tf.progress import shown_progress
from mtnas_tf.stages import are_stages_shown
from mtnas_tf.stages import counted
from mtnas_tf.stages import shown_stages
from mtnas_tf.stages import stage


class Terminal(io.StringIO):
    def isatty(self):
        return True


def on_terminal(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    return terminal


def test_nothing_is_shown_by_default(monkeypatch):
    terminal = on_terminal(monkeypatch)
    with stage("encoding", 3) as count:
        count(1)
        assert progress_now() is None
    assert not are_stages_shown()
    assert terminal.getvalue() == ""


def test_a_bar_for_every_stage(monkeypatch):
    terminal = on_terminal(monkeypatch)
    with shown_stages(print):
        assert are_stages_shown()
        with stage("reading", 4) as count:
            count(1)
        with stage("encoding", 2) as count:
            count(1)
    text = terminal.getvalue()
    assert text.index("reading:   0%") < text.index("encoding:   0%")
    assert not are_stages_shown() and progress_now() is None


def test_a_longer_progress_names_the_stage_and_does_not_count_it():
    with shown_progress(10.0, print) as whole, shown_stages(print):
        with stage("encoding", 2) as count:
            count(2)
            assert whole.label == "encoding"
        assert (whole.label, whole.done) == ("", 0)


def test_items_are_counted_after_their_use():
    with shown_stages(print):
        done = []
        for _ in counted(["a", "bcd"], "reading", 4, size=len):
            done.append(progress_now().done)
        assert done == [0, 1]
        assert progress_now() is None
    assert list(counted([1, 2], "reading")) == [1, 2]


def test_a_stage_that_fails_is_over():
    with shown_stages(print), pytest.raises(ValueError, match="a reason"):
        with stage("reading", 2):
            raise ValueError("a reason")
    assert progress_now() is None
