import pytest

from mtnas_tf.experiment.pareto_plot import Point
from mtnas_tf.experiment.pareto_plot import draw_pareto


@pytest.mark.parametrize("suffix", ["svg", "png"])
def test_plot_is_written(tmp_path, suffix):
    path = tmp_path / f"pareto.{suffix}"
    points = [Point("a", 1, 0.1), Point("b", 2, 0.2, 0.01)]
    draw_pareto(points, path, "Routes")
    assert path.stat().st_size > 1000
