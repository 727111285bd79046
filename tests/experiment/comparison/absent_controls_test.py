"""Searches whose controls are not all there."""

from toy_rows import MMOE
from toy_rows import PICKED
from toy_rows import RETRAINED
from toy_rows import drawn

from mtnas_tf.experiment.comparison.absent_controls import absent_controls

PROTOCOL = {"config": {"search": {"compared": ["candidates"]}}}
NARROW = ("mmoe_equal_cost", "mean")
OTHERS = [("random_route", "mean"), ("chain_route", None), NARROW]


def lines_of(rows, protocol=PROTOCOL):
    return absent_controls({"protocol": protocol, "rows": rows})


def test_all_are_there():
    rows = drawn(RETRAINED, PICKED, *OTHERS, multiply_adds=8)
    assert lines_of(rows) == []


def test_mmoe_may_be_the_control_itself():
    rows = drawn(RETRAINED, *OTHERS[:2], multiply_adds=100)
    assert lines_of(rows + drawn(MMOE, multiply_adds=97)) == [
        "No mmoe_equal_cost beside mtnas (retrained): mmoe has 0.97 of its "
        "multiply-adds, and is that control."
    ]
    assert lines_of(rows + drawn(MMOE, multiply_adds=50)) == [
        "No mmoe_equal_cost beside mtnas (retrained): none was trained."
    ]


def test_every_search_needs_its_own():
    rows = drawn(RETRAINED, ("mtnas", "cost 1 retrained"), NARROW)
    assert [line.split(":")[0] for line in lines_of(rows)] == [
        "No rows of random routes",
        "No row of a hand-made route",
        "No mmoe_equal_cost beside mtnas (cost 1 retrained)",
    ]


def test_methods_alone_need_none():
    protocol = {"config": {"search": {"compared": []}}}
    assert lines_of(drawn(RETRAINED), protocol) == []
