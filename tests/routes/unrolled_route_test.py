"""Copies of blocks compute what the blocks compute, once for each input."""

import itertools

import numpy as np
import pytest

from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import UnrolledRoute


def random_choices(rng, num_tasks, num_layers, num_blocks):
    def some(layer):
        size = rng.integers(layer == 0, num_blocks + 1)
        return rng.choice(num_blocks, size, replace=False).tolist()

    return {
        f"task {i}": [some(layer) for layer in range(num_layers)]
        for i in range(num_tasks)
    }


def value_of_task(blocks):
    """A task's paths through blocks, as nested text: no two inputs are equal.

    Args:
        blocks: for each layer the indices of the task's blocks.
    """
    value = "x"
    for layer in filter(len, blocks):  # others are skipped
        value = "+".join(f"{block}({value})" for block in sorted(layer))
    return value


def value_of_route(unrolled, name):
    """The same of a consumer of a route; sums are sorted by block."""
    block = unrolled.route.blocks.get(name)
    if block is None:
        return "x"

    def term(source):
        return f"{unrolled.sources[source]}({value_of_route(unrolled, source)})"

    terms = sorted(block.combination, key=lambda n: unrolled.sources[n])
    return "+".join(term(source) for source in terms)


@pytest.mark.parametrize("seed", range(10))
def test_every_task_runs_its_own_blocks(seed):
    rng = np.random.default_rng(seed)
    num_tasks, num_layers, num_blocks = rng.integers(1, 4, size=3)
    choices = random_choices(rng, num_tasks, num_layers, num_blocks)
    unrolled = UnrolledRoute.of(choices)
    route = unrolled.route
    assert route.num_layers == num_layers
    assert route.tasks == tuple(choices)
    for task, blocks in choices.items():
        assert value_of_route(unrolled, task) == value_of_task(blocks)


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_computed_twice(seed):
    rng = np.random.default_rng(seed)
    unrolled = UnrolledRoute.of(random_choices(rng, 3, 3, 2))
    for layer in range(3):
        names = unrolled.route.sub_networks([layer])
        copies = [
            (unrolled.sources[name], value_of_route(unrolled, name))
            for name in names
            if name in unrolled.route.reached()
        ]
        assert len(set(copies)) == len(copies)


def test_tasks_that_choose_alike_share_everything():
    chosen = [[1], [0, 2]]
    unrolled = UnrolledRoute.of({"click": chosen, "buy": chosen})
    both = BlockRoute(("s3", "s4"))
    expected = {
        "s3": BlockRoute(("s1",)),
        "s4": BlockRoute(("s1",)),
        "click": both,
        "buy": both,
    }
    assert unrolled.route == Route(2, 2, expected)
    assert unrolled.sources == {"s1": 1, "s3": 0, "s4": 2}


def test_paths_that_meet_again_stay_apart():
    paths = itertools.product([0, 1], [0])
    choices = {str(i): [[a], [b]] for i, (a, b) in enumerate(paths)}
    unrolled = UnrolledRoute.of(choices)
    assert unrolled.route.blocks["0"] == BlockRoute(("s3",))
    assert unrolled.route.blocks["1"] == BlockRoute(("s4",))
    assert unrolled.sources["s3"] == unrolled.sources["s4"] == 0


def test_layers_are_skipped_but_the_first():
    choices = {"click": [[0], [], [1]], "buy": [[0], [], []]}
    unrolled = UnrolledRoute.of(choices)
    assert unrolled.route.blocks["buy"] == BlockRoute(("s1",))
    assert unrolled.route.blocks["click"] == BlockRoute(("s3",))
    assert unrolled.route.blocks["s3"] == BlockRoute(("s1",))
    with pytest.raises(ValueError, match="first layer.*none for 'buy'"):
        UnrolledRoute.of({"click": [[0], [1]], "buy": [[], [1]]})


def test_routes_are_json():
    choices = {"click": [np.array([0, 1]), np.array([1])]}
    route = UnrolledRoute.of(choices).route
    assert Route.from_json(route.to_json()) == route
