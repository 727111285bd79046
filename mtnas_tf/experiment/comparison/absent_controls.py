"""Why a search lacks one of the controls that it is always compared with."""

from typing import Any

from mtnas_tf.experiment.comparison.captions import is_methods_only
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import MEAN
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RETRAINED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.methods import search_of


def absent_controls(result: dict[str, Any]) -> list[str]:
    """A line for each control that has no row, and why.

    Controls of every search are random routes, the best hand-made route and an
    MMoE of equal cost.

    Args:
        result: what `compare` returns.
    """
    if is_methods_only(result["protocol"]):
        return []
    methods = Methods(result["rows"])
    retrained = [m for m in methods.searched if kind_of(m) == RETRAINED]
    if not retrained:
        return []
    lines = []
    if methods.trained(RANDOM, MEAN) not in methods:
        lines.append("No rows of random routes: none were trained.")
    if methods.best_hand_made is None:
        lines.append("No row of a hand-made route: the space holds none.")
    for method in retrained:
        control = (EQUAL_COST, f"{search_of(method)} {MEAN}".strip())
        if control not in methods:
            lines.append(_without_equal_cost(methods, method))
    return lines


def _without_equal_cost(methods: Methods, method: Method) -> str:
    begin = f"No {EQUAL_COST} beside {name_of(method)}"
    if methods.cost_as_much((BASELINE, None), method):
        ratio = methods.cost_ratio((BASELINE, None), method)
        return (
            f"{begin}: {BASELINE} has {ratio:.2f} of its multiply-adds, and is "
            "that control."
        )
    return f"{begin}: none was trained."
