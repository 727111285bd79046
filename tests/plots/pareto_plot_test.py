import re

import pytest

from mtnas_tf.plots.palette import COLORS
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_plot_is_written(tmp_path, suffix):
    path = tmp_path / f"pareto.{suffix}"
    points = [Point("a", 1, 0.1), Point("b", 2, 0.2, 0.01)]
    draw_pareto(points, path, "Routes")
    assert path.stat().st_size > 1000


def test_labels_are_listed_from_the_best_score_down(tmp_path):
    points = [Point("low", 1, 0.1), Point("", 2, 0.2), Point("high", 3, 0.3)]
    draw_pareto(points, tmp_path / "pareto.svg", "Routes")
    # Matplotlib writes every text as a comment beside its shapes.
    text = (tmp_path / "pareto.svg").read_text()
    assert re.findall(r"<!-- (\d +\w+) -->", text) == ["1  high", "2  low"]


def test_every_group_has_a_front_of_its_own(tmp_path):
    points = [
        Point("a", 1, 0.3, group="best of 9"),
        Point("b", 2, 0.2, group="alone"),
    ]
    draw_pareto(points, tmp_path / "pareto.svg", "Routes")
    text = (tmp_path / "pareto.svg").read_text()
    legend = re.findall(r"<!-- (Pareto front.*?) -->", text)
    assert legend == ["Pareto front, best of 9", "Pareto front, alone"]
    for color in COLORS[:2]:  # `b` would lie on no front beside `a`
        assert f"stroke: {color.lower()}" in text
