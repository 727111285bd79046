"""What a comparison does not show."""

from typing import Any

from mtnas_tf.experiment.comparison.captions import errors
from mtnas_tf.experiment.comparison.captions import is_methods_only
from mtnas_tf.experiment.comparison.captions import pairs
from mtnas_tf.experiment.comparison.claim_lines import claim_notes
from mtnas_tf.experiment.reporting.section import Section

TITLE = "What this does not show"
OFFLINE = (
    "All numbers are of logged rows. How a recommender fares with people, whom "
    "its choices change, is another question."
)
NOT_PROVEN = (
    "Where two methods cannot be told apart, this is no proof that they are "
    "equal: more splits may tell them apart."
)
SETTINGS = (
    "Other data, widths, encoders, learning rates or numbers of trainings may "
    "put the methods in another order."
)
COST = (
    "Multiply-adds behind the embeddings are counted, not measured: the time "
    "of a request also depends on the server, the batch and the tables."
)


def comparison_limits(result: dict[str, Any]) -> Section:
    """The section of what a comparison does not show.

    Args:
        result: what `compare` returns.
    """
    protocol = result["protocol"]
    lines = [
        f"Numbers are of {result['dataset']}, {pairs(protocol)}. ±: "
        f"{errors(protocol)}.",
        *claim_notes(result),
        NOT_PROVEN,
        SETTINGS,
        COST,
        OFFLINE,
    ]
    if is_methods_only(protocol):
        lines.append(
            "No search was made here: whether a route found by one is better "
            "is not told."
        )
    return Section(TITLE, [lines])
