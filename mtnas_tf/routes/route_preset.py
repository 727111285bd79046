"""Routes of recorded results, with the evidence for each."""

import importlib.resources
import json
from typing import Any

from mtnas_tf.routes.route import Route

_FOLDER = importlib.resources.files("mtnas_tf.routes") / "presets"


def from_preset(name: str) -> Route:
    """A route that a recorded comparison ended with, without weights.

    It is what the search of one split and seed found, the first of each
    comparison; `preset_evidence` has its scores, with those of MMoE beside
    them. A route that wins on one data set says little about another.

    Args:
        name: `"book_crossing"`, `"book_crossing_small"` (of a search in which
            cost counts), `"census_income"`, `"kuairand"`, `"kuairand_weighted"`
            (with tuned weights of the losses) or `"synthetic_mtl"`. Its tasks
            are those of that data set.

    Raises:
        ValueError: if there is no such preset.

    Example:
    >>> print(from_preset("census_income"))
    income <- s1+s2 by root
    never_married <- s3+s4 by root
    """
    return Route.from_dict(_preset(name)["route"])


def preset_evidence(name: str) -> dict[str, Any]:
    """What is known of the route of `from_preset`, as plain data.

    Args:
        name: see `from_preset`.

    Returns:
        dict: the `page` that tells more and the `command` that made it;
        `dataset`, `split_seed` and `seed`; metrics on `valid` and `test` rows,
        means of `num_trainings` from fresh starts; `mmoe_of_the_same_pair`,
        whose single rows prove nothing; and `difference_to_mmoe`, of all routes
        that the same search found on all splits and seeds.

    Raises:
        ValueError: if there is no such preset.

    Example:
    >>> evidence = preset_evidence("book_crossing_small")
    >>> evidence["page"], evidence["multiply_adds"]
    ('docs/results/book_crossing/README.md', 15856)
    """
    evidence: dict[str, Any] = _preset(name)["evidence"]
    return evidence


def _preset(name: str) -> dict[str, Any]:
    files = {
        file.name.removesuffix(".json"): file for file in _FOLDER.iterdir()
    }
    if name not in files:
        raise ValueError(
            f"`name` must be one of {sorted(files)}. Received: name={name!r}"
        )
    preset: dict[str, Any] = json.loads(files[name].read_text("utf-8"))
    return preset
