"""What is drawn of allocations and of trainings."""

import re

import numpy as np
import pytest

from mtnas_tf.plots import draw_allocation
from mtnas_tf.plots import draw_curves
from mtnas_tf.plots import draw_task_tree
from mtnas_tf.plots.palette import BLUE
from mtnas_tf.plots.palette import VERMILION
from mtnas_tf.plots.task_tree_plot import task_distances

TASKS = ["greek", "latin", "n_ko"]
COMPONENTS = ["conv3x3", "maxpool3x3", "identity", "conv5x5"]
BITS = np.random.default_rng(0).integers(0, 2, (3, 2, 4))


def texts(path):
    """Matplotlib writes every text as a comment beside its shapes."""
    return re.findall(r"<!-- (.*?) -->", path.read_text())


def test_allocation_has_a_matrix_for_each_layer(tmp_path):
    path = tmp_path / "allocation.svg"
    draw_allocation(BITS, TASKS, COMPONENTS, path, "Learned")
    written = texts(path)
    assert {"Learned", "layer 1", "layer 2", *TASKS, *COMPONENTS} <= {*written}
    assert written.count("conv5x5") == 2
    assert "0.50" not in written  # a colour bar, needed for probabilities alone
    draw_allocation(BITS * 0.5, TASKS, COMPONENTS, path, "Learned")
    assert {"0.25", "0.50"} <= {*texts(path)}


def test_distance_is_the_share_of_components_that_differ():
    distances = task_distances(BITS)
    for one in range(3):
        for other in range(3):
            differing = (BITS[one] != BITS[other]).sum()
            assert distances[one, other] == differing / 8


def test_tree_joins_tasks_that_share_most(tmp_path):
    path = tmp_path / "tree.svg"
    bits = np.ones((3, 2, 4))
    bits[1, :, :2] = 0
    bits[2, 0, 0] = 0  # nearer to the first than to the second
    draw_task_tree(bits, TASKS, path, "Learned")
    names = [text for text in texts(path) if text in TASKS]
    assert names.index("latin") in (0, 2)  # the others are neighbours
    assert sorted(names) == TASKS
    draw_task_tree(bits * 0, TASKS, path, "Learned")  # all alike
    assert {*TASKS, "0.05"} <= {*texts(path)}


def test_curves_of_trainings_and_their_mean(tmp_path):
    path = tmp_path / "curves.svg"
    curves = {
        "learned": [([1, 2], [0.2, 0.5]), ([1, 2], [0.4, 0.5])],
        "separate": [([1, 2], [0.1, 0.2])],
    }
    draw_curves(curves, path, "Letters", "rounds", "accuracy")
    text = path.read_text()
    # Two lines, their mean and the legend's; one line and the legend's.
    assert text.count(f"stroke: {BLUE.lower()}") == 4
    assert text.count(f"stroke: {VERMILION.lower()}") == 2
    assert {"learned", "separate", "rounds", "accuracy"} <= {*texts(path)}


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (
            lambda path: draw_allocation(BITS[0], TASKS, COMPONENTS, path, ""),
            r"`allocation` must have the shape.*\(3, 4\). Received: \(2, 4\)",
        ),
        (
            lambda path: draw_allocation(BITS, TASKS, COMPONENTS[1:], path, ""),
            r"`allocation` must have the shape.*\(3, 3\)",
        ),
        (
            lambda path: draw_task_tree(BITS, TASKS[1:], path, ""),
            r"`allocation` must have the shape.*\(2, 4\)",
        ),
        (
            lambda path: draw_task_tree(BITS[:1], ["greek"], path, ""),
            "`tasks` must hold at least two.*greek",
        ),
        (
            lambda path: draw_curves({}, path, "", "", ""),
            "`curves` must hold 1 to 6 labels.*{}",
        ),
        (
            lambda path: draw_curves({"learned": []}, path, "", "", ""),
            "`curves` must hold.*'learned': 0",
        ),
    ],
)
def test_what_cannot_be_drawn_is_refused(draw, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        draw(tmp_path / "never.svg")
    assert not list(tmp_path.iterdir())
