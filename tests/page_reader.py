"""Reads a report as browsers and screen readers do."""

from html.parser import HTMLParser

VOID = ("meta", "link", "br")


class PageReader(HTMLParser):
    """The elements of a page.

    Attributes:
        elements: (tag, attributes), in order.
        texts: tag -> text of each of its elements, without what is nested.
    """

    def __init__(self, page):
        super().__init__()
        self.elements, self.texts, self._open = [], {}, []
        self.feed(page)
        assert not self._open, self._open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.texts.setdefault(tag, []).append("")
            self._open.append((tag, len(self.texts[tag]) - 1))

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag

    def handle_data(self, data):
        if self._open:
            tag, index = self._open[-1]
            self.texts[tag][index] += data

    def of(self, tag):
        """Attributes of every element of a tag."""
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def ids(self):
        return [a["id"] for _, a in self.elements if "id" in a]

    @property
    def titles(self):
        return [text.strip() for text in self.texts["h2"]]


def check_page(text):
    """A page that needs no network, and that everyone can read."""
    page = PageReader(text)
    assert text.lstrip().startswith("<!doctype html>")
    assert len(page.ids) == len(set(page.ids))
    for _, attributes in page.elements:
        for name in ("src", "href", "xlink:href"):
            target = attributes.get(name)
            assert target is None or target.startswith(("#", "data:"))
            if target and target[0] == "#":
                assert target[1:] in page.ids
        for name in ("aria-labelledby",):
            assert attributes.get(name, page.ids[0]) in page.ids
    for landmark in ("header", "nav", "main", "footer", "h1"):
        assert len(page.of(landmark)) == 1, landmark
    assert page.of("html") == [{"lang": "en"}]
    assert any(a.get("name") == "viewport" for a in page.of("meta"))
    assert "prefers-color-scheme: dark" in text
    assert len(page.of("caption")) == len(page.of("table"))
    assert all(a.get("scope") in ("col", "row") for a in page.of("th"))
    for picture in page.of("svg"):
        assert picture["role"] == "img" and len(picture["aria-label"]) > 9
    assert len(text.encode()) < 5e6
    return page
