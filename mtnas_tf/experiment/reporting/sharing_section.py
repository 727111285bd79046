"""Who reads what, and which experts nobody uses."""

from typing import Any

from mtnas_tf.experiment.comparison.sharing_pictures import first_with_sharing
from mtnas_tf.experiment.comparison.sharing_pictures import matrices_of
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.plots.expert_use_plot import draw_expert_use
from mtnas_tf.plots.sharing_plot import draw_sharing
from mtnas_tf.routes import SharingMatrix
from mtnas_tf.routes import expert_use
from mtnas_tf.routes.sharing_matrix import DEAD_BELOW

WORDS = (
    "What each task, or each expert of the next layer, takes from each expert, "
    "in the first training of every method that learns it, on validation rows. "
    "Use is in equal shares: 1 is as much as if all experts were read the "
    f"same. Below {DEAD_BELOW:g} an expert is dead: nobody uses it."
)


def sharing_section(result: dict[str, Any]) -> Section:
    """The section of who reads what; without parts where nothing was kept.

    Args:
        result: what `compare` returns.
    """
    first = first_with_sharing(result["rows"])
    sharing = {model: matrices_of(row) for model, row in first.items()}
    if not sharing:
        return Section("Who reads what", [])
    figure = PageFigure.drawn(
        lambda path: draw_expert_use(sharing, path, "Use of experts"),
        "The use of every expert by the reader that uses it most. The table "
        "has the same numbers.",
        "Use of experts by the reader that uses each most.",
    )
    folded = [
        Folded(f"What is read in {model}", [_figure(model, matrices)])
        for model, matrices in sharing.items()
    ]
    parts: list[Any] = [WORDS, figure, _table(sharing), *folded]
    return Section("Who reads what", parts)


def _figure(model: str, matrices: list[SharingMatrix]) -> PageFigure:
    return PageFigure.drawn(
        lambda path: draw_sharing(matrices, path, model),
        f"Weights of {model}: {_weights(matrices)}.",
        f"Who reads what in {model}.",
    )


def _weights(matrices: list[SharingMatrix]) -> str:
    """The numbers of the picture, for those who do not see it."""
    lines = [
        f"{reader} takes "
        + ", ".join(
            f"{weight:.2f} of {source}"
            for source, weight in zip(matrix.sources, row, strict=True)
        )
        for matrix in matrices
        for reader, row in zip(matrix.readers, matrix.weights, strict=True)
    ]
    return "; ".join(lines)


def _table(sharing: dict[str, list[SharingMatrix]]) -> PageTable:
    rows = []
    for model, matrices in sharing.items():
        uses = expert_use(matrices)
        for matrix, use in zip(matrices, uses, strict=True):
            dead = [name for name, value in use.items() if value < DEAD_BELOW]
            rows.append(
                [
                    model,
                    matrix.name,
                    ", ".join(dead),
                    str(len(use)),
                    str(len(dead)),
                    f"{min(use.values()):.2f}",
                    f"{max(use.values()):.2f}",
                ]
            )
    return PageTable(
        "Experts of each layer, in equal shares.",
        [
            *("model", "layer", "dead experts", "experts", "dead"),
            *("least use", "most use"),
        ],
        rows,
        num_texts=3,
    )
