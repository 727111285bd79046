import pytest

from mtnas_tf.experiment.pareto_plot import Point
from mtnas_tf.experiment.pareto_plot import draw_pareto
from mtnas_tf.experiment.pareto_plot import pareto_front

CHEAP, BETTER, BEST = Point("a", 1, 0.1), Point("b", 2, 0.2), Point("c", 4, 0.5)


def test_front_is_what_nothing_beats_in_both():
    beaten = [Point("d", 3, 0.2), Point("e", 2, 0.15), Point("f", 9, 0.5)]
    assert pareto_front([BEST, *beaten, CHEAP, BETTER]) == [CHEAP, BETTER, BEST]


def test_the_better_of_equal_cost_is_on_the_front():
    assert pareto_front([Point("", 1, 0.0), CHEAP]) == [CHEAP]


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_plot_is_written(tmp_path, suffix):
    path = tmp_path / f"pareto.{suffix}"
    draw_pareto([CHEAP, Point("b", 2, 0.2, 0.01)], path, "Routes")
    assert path.stat().st_size > 1000
