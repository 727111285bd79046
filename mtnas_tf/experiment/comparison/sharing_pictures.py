"""Pictures of who reads what, from the rows of a comparison."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtnas_tf.plots.expert_use_plot import draw_expert_use
from mtnas_tf.plots.sharing_plot import draw_sharing
from mtnas_tf.routes import SharingMatrix

FOLDER = "sharing"


Row = dict[str, Any]


def draw_sharing_of_rows(rows: Iterable[Row], run: Path) -> None:
    """Draws the first row of every method that has `sharing`.

    Writes `sharing/<method>.svg`, and `expert_use.svg` with a line for each
    layer of all; nothing if no row has it.

    Args:
        rows: of `compare.json`.
        run: an existing directory.
    """
    first = first_with_sharing(rows)
    if not first:
        return
    sharing = {model: matrices_of(row) for model, row in first.items()}
    (run / FOLDER).mkdir(exist_ok=True)
    titles = {_pair(row) for row in first.values()}
    title = f"Use of experts, {'; '.join(sorted(titles))}"
    draw_expert_use(sharing, run / "expert_use.svg", title)
    for model, matrices in sharing.items():
        title = f"{model}, {_pair(first[model])}"
        draw_sharing(matrices, run / FOLDER / f"{model}.svg", title)


def first_with_sharing(rows: Iterable[Row]) -> dict[str, Row]:
    """Model -> its first row that has `sharing`.

    Args:
        rows: of `compare.json`.
    """
    first: dict[str, Row] = {}
    for row in rows:
        if "sharing" in row:
            first.setdefault(row["model"], row)
    return first


def matrices_of(row: Row) -> list[SharingMatrix]:
    """Who reads what in a row that has `sharing`."""
    return [SharingMatrix.from_dict(values) for values in row["sharing"]]


def _pair(row: dict[str, Any]) -> str:
    return f"split {row['split_seed']}, seed {row['seed']}, validation rows"
