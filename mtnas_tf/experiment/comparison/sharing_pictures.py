"""Pictures of who reads what, from the rows of a comparison."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from mtnas_tf.plots.expert_use_plot import draw_expert_use
from mtnas_tf.plots.sharing_plot import draw_sharing
from mtnas_tf.routes import SharingMatrix

FOLDER = "sharing"


def draw_sharing_of_rows(
    rows: Iterable[dict[str, Any]], run: Path
) -> dict[str, Path]:
    """Draws the first row of every method that has `sharing`.

    Writes `sharing/<method>.svg`, and `expert_use.svg` with a line for each
    layer of all; nothing if no row has it.

    Args:
        rows: of `compare.json`.
        run: an existing directory.

    Returns:
        titles of the pictures, that of all methods first, and their files.
    """
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        if "sharing" in row:
            first.setdefault(row["model"], row)
    sharing = {
        model: [SharingMatrix.from_dict(values) for values in row["sharing"]]
        for model, row in first.items()
    }
    if not sharing:
        return {}
    (run / FOLDER).mkdir(exist_ok=True)
    titles = {_pair(row) for row in first.values()}
    title = f"Use of experts, {'; '.join(sorted(titles))}"
    pictures = {title: run / "expert_use.svg"}
    draw_expert_use(sharing, pictures[title], title)
    for model, matrices in sharing.items():
        title = f"{model}, {_pair(first[model])}"
        pictures[title] = run / FOLDER / f"{model}.svg"
        draw_sharing(matrices, pictures[title], title)
    return pictures


def _pair(row: dict[str, Any]) -> str:
    return f"split {row['split_seed']}, seed {row['seed']}, validation rows"
