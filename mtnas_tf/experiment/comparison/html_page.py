"""A comparison as one page for a browser, its pictures inside."""

import base64
import html
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_tf.experiment.comparison.captions import caption
from mtnas_tf.experiment.comparison.claim_lines import claim_lines
from mtnas_tf.experiment.comparison.domain_report import CAPTION
from mtnas_tf.experiment.comparison.domain_report import domain_cells
from mtnas_tf.experiment.comparison.report import table_cells

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<title>{title}</title>
<style>
body {{ font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
       max-width: 70rem }}
table {{ border-collapse: collapse }}
th, td {{ padding: .3rem .8rem; text-align: right;
          border-bottom: 1px solid #ddd }}
th:first-child, td:first-child {{ text-align: left }}
img {{ max-width: 100% }}
summary {{ cursor: pointer }}
</style></head><body><h1>{title}</h1><p>{caption}</p>
<table>{rows}</table><ul>{claims}</ul>{within}{pictures}</body></html>
"""
SHARING = (
    "What each task, or each expert of the next layer, takes from each expert, "
    "in the first training of every method that learns it, on validation rows."
)


def html_page(
    result: dict[str, Any],
    picture: Path | None = None,
    sharing: Mapping[str, Path] | None = None,
) -> str:
    """The comparison as one page, which needs no other file.

    Args:
        result: what `compare` returns.
        picture: SVG of the whole table. Defaults to `None`, no picture.
        sharing: title -> SVG of who reads what; the first is shown, the others
            are folded up. Defaults to `None`, no pictures.
    """
    within = ""
    if cells := domain_cells(result):
        within = f"<table>{_rows(cells)}</table><p>{CAPTION}</p>"
    title = f"Comparison on {html.escape(result['dataset'])}"
    claims = [f"<li>{html.escape(line)}</li>" for line in claim_lines(result)]
    pictures = "" if picture is None else _image(picture, title)
    return PAGE.format(
        title=title,
        caption=html.escape(caption(result)),
        rows=_rows(table_cells(result)),
        claims="\n".join(claims),
        within=within,
        pictures=pictures + _folded(sharing or {}),
    )


def _folded(sharing: Mapping[str, Path]) -> str:
    """The pictures of who reads what under a heading of their own."""
    if not sharing:
        return ""
    parts = [f"<h2>Who reads what</h2><p>{SHARING}</p>"]
    for index, (title, path) in enumerate(sharing.items()):
        name = html.escape(title)
        state = "" if index else " open"
        parts.append(
            f"<details{state}><summary>{name}</summary>"
            f"{_image(path, name)}</details>"
        )
    return "\n".join(parts)


def _image(path: Path, escaped_title: str) -> str:
    """A picture as data: names inside of it cannot meet those of another."""
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    source = f"data:image/svg+xml;base64,{data}"
    return f'<p><img alt="{escaped_title}" src="{source}"></p>'


def _rows(cells: Sequence[Sequence[str]]) -> str:
    header, *lines = cells
    rows = ["<tr>" + "".join(f"<th>{html.escape(c)}</th>" for c in header)]
    rows += [
        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row)
        for row in lines
    ]
    return "\n".join(rows)
