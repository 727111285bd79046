"""Choices of sharing, owning and skipping as routes."""

import itertools

import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import SharingSpace

TASKS = ("click", "buy")


def test_blocks_are_layers_of_tasks():
    space = SharingSpace(TASKS, 2)
    names = ["click_1", "buy_1", "click_2", "buy_2"]
    assert [block.consumer for block in space.blocks] == names
    sizes = [len(block.routes) for block in space.blocks]
    assert sizes == [2, 2, 3, 3]
    assert space.size == 36


def test_tasks_that_read_the_same_share_a_copy():
    space = SharingSpace(TASKS, 2)
    together = space.unrolled([0, 0, 0, 0])
    assert len(together.route.reached()) == 2
    assert together.sources == {"s1": 0, "s2": 0}
    # Behind networks of their own, the shared one is copied for each.
    apart = space.unrolled([1, 1, 0, 0])
    assert apart.sources == {"s1": 1, "s2": 2, "s3": 0, "s4": 0}
    assert apart.route.blocks["buy"] == BlockRoute(("s4",))
    skipped = space.unrolled([0, 1, 2, 1])
    assert skipped.route.blocks["click"] == BlockRoute(("s1",))
    assert skipped.sources["s3"] == 2


def test_every_choice_is_a_route_of_single_sub_networks():
    space = SharingSpace(TASKS, 3)
    sizes = [range(len(block.routes)) for block in space.blocks]
    for choices in itertools.islice(itertools.product(*sizes), 0, None, 7):
        route = space.route(choices)
        assert route.tasks == TASKS
        reads = [len(block.combination) for block in route.blocks.values()]
        assert set(reads) == {1}


def test_wrong_arguments_are_named():
    with pytest.raises(ValueError, match="`num_layers`.*num_layers=0"):
        SharingSpace(TASKS, 0)
    with pytest.raises(ValueError, match="`tasks` must hold"):
        SharingSpace((), 1)
