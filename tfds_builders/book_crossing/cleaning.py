"""Texts of the files -> what a record holds."""

import bisect
import html
import re

# No character has such a number, and `html` fails on thousands of digits.
_ENDLESS_ENTITY = re.compile(r"&#\d{100}")
_AGE_EDGES = (0, 5, 13, 18, 25, 35, 45, 55, 65, 100)
_AGE_BUCKETS = (
    "",
    "implausible",
    "under 13",
    "13-17",
    "18-24",
    "25-34",
    "35-44",
    "45-54",
    "55-64",
    "65-99",
    "implausible",
)


def clean_text(text: str) -> str:
    r"""Drops backslashes, resolves HTML entities, strips spaces.

    Example:
    >>> clean_text(r' \"Rock &amp; Roll\" ')
    '"Rock & Roll"'
    """
    text = text.replace("\\", "")
    if not _ENDLESS_ENTITY.search(text):
        text = html.unescape(text)
    return text.strip(" ")


def clean_isbn(text: str) -> str:
    r"""Cleans an ISBN, and drops the stray quotes at its ends.

    Example:
    >>> clean_isbn(r'\"0210000010')
    '0210000010'
    """
    return clean_text(text).strip('" ')


def age_bucket(age: int) -> str:
    """Name of an age group; "" for -1, the missing age.

    Example:
    >>> age_bucket(34)
    '25-34'
    """
    return _AGE_BUCKETS[bisect.bisect_right(_AGE_EDGES, age)]


def split_location(location: str) -> tuple[str, str, str]:
    """City, state and country; "" for what is absent or "n/a".

    The last part is the country, the one before it the state, and whatever
    precedes them the city. With fewer than three parts the last are absent.

    Example:
    >>> split_location("barcelona, n/a, spain")
    ('barcelona', '', 'spain')
    """
    parts = [part.strip(" ") for part in location.split(",")]
    parts = ["" if part == "n/a" else part for part in parts]
    *city, state, country = parts if len(parts) > 2 else [*parts, "", ""][:3]
    return ", ".join(filter(None, city)), state, country
