"""Pictures of Matplotlib as elements of a page."""

import re
from collections.abc import Mapping
from collections.abc import Sequence
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
REFERENCE = re.compile(r"url\(#([^)]*)\)")
SEPARATOR = "|"  # of ids, which may have spaces


def inline_svg(
    text: str,
    name: str,
    alt: str,
    tips: Mapping[str, str] | None = None,
    lights: Mapping[str, Sequence[str]] | None = None,
) -> str:
    """A picture as an element of a page.

    Its ids begin with `name`, so that they meet none of another picture, and
    its size follows that of the page.

    Args:
        text: string. Content of an SVG file.
        name: string, of the picture.
        alt: string. What it shows, for those who do not see it.
        tips: id of a part -> what is shown when it is pointed at. Defaults to
            `None`, nothing.
        lights: id of a part -> ids of those that are lit with it. Defaults to
            `None`, none.

    Example:
    >>> text = '<svg xmlns="http://www.w3.org/2000/svg" width="9pt"/>'
    >>> inline_svg(text, "a", "Nothing.")[-56:]
    'role="img" aria-label="Nothing." style="--width: 9pt" />'
    """
    root = ElementTree.fromstring(text)
    for metadata in root.findall(f"{{{SVG}}}metadata"):
        root.remove(metadata)
    for element in root.iter():
        known = element.get("id", "")
        if lights and known in lights:
            ids = [f"{name}-{each}" for each in lights[known]]
            element.set("data-lights", SEPARATOR.join(ids))
        if tips and known in tips:
            title = ElementTree.Element(f"{{{SVG}}}title")
            title.text = tips[known]
            element.insert(0, title)
            element.set("class", "mark")
        _rename(element, name)
    width = root.attrib.pop("width", "100%")
    root.attrib.pop("height", None)
    root.attrib.pop("version", None)
    attributes = {
        "role": "img",
        "aria-label": alt,
        "style": f"--width: {width}",
    }
    root.attrib.update(attributes)
    ElementTree.register_namespace("", SVG)
    ElementTree.register_namespace("xlink", XLINK)
    return ElementTree.tostring(root, encoding="unicode")


def _rename(element: ElementTree.Element, name: str) -> None:
    """Puts a name before the ids that an element has and refers to."""
    for key, value in element.attrib.items():
        if key == "id":
            element.set(key, f"{name}-{value}")
        elif key in ("href", f"{{{XLINK}}}href") and value.startswith("#"):
            element.set(key, f"#{name}-{value[1:]}")
        elif "url(#" in value:
            element.set(key, REFERENCE.sub(rf"url(#{name}-\1)", value))
