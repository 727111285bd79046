"""Sections as a page that needs no other file and no network."""

import re
from collections.abc import Sequence

import jinja2
import markupsafe

from mtnas_tf import __version__
from mtnas_tf.experiment.reporting.section import Section

PAGE = "page.html"


def render(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The page.

    Args:
        title: string.
        lead: string. What it is about, in a sentence or two.
        sections: `Section`s; one without parts is left out.

    Returns:
        HTML.

    Example:
    >>> page = render("A run", "Of today.", [Section("Data", ["Rows: < 9"])])
    >>> "<p>Rows: &lt; 9</p>" in page
    True
    >>> page = render("A run", "Of `mtnas train`.", [])
    >>> "<p>Of <code>mtnas train</code>.</p>" in page
    True
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("mtnas_tf.experiment.reporting"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    environment.filters["with_code"] = _with_code
    return environment.get_template(PAGE).render(
        title=title,
        lead=lead,
        sections=[section for section in sections if section.parts],
        version=__version__,
    )


def _with_code(text: str) -> markupsafe.Markup:
    """Text as HTML, in which `this` is set as code."""
    escaped = str(markupsafe.escape(text))
    return markupsafe.Markup(re.sub("`([^`]+)`", r"<code>\1</code>", escaped))
