"""Pictures of routes and of results."""

from mtnas_tf.plots.allocation_plot import draw_allocation
from mtnas_tf.plots.curves_plot import draw_curves
from mtnas_tf.plots.difference_plot import draw_differences
from mtnas_tf.plots.expert_use_plot import draw_expert_use
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto
from mtnas_tf.plots.reliability_plot import draw_reliability
from mtnas_tf.plots.route_drawing import draw_route
from mtnas_tf.plots.search_plot import draw_search
from mtnas_tf.plots.sharing_history_plot import draw_sharing_history
from mtnas_tf.plots.sharing_plot import draw_sharing
from mtnas_tf.plots.task_tree_plot import draw_task_tree

__all__ = [
    "Point",
    "draw_allocation",
    "draw_curves",
    "draw_differences",
    "draw_expert_use",
    "draw_pareto",
    "draw_reliability",
    "draw_route",
    "draw_search",
    "draw_sharing",
    "draw_sharing_history",
    "draw_task_tree",
]
