"""Pictures of routes and of results."""

from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto
from mtnas_tf.plots.reliability_plot import draw_reliability
from mtnas_tf.plots.route_drawing import draw_route

__all__ = ["Point", "draw_pareto", "draw_reliability", "draw_route"]
