"""A comparison's claims as questions that a person asks."""

import math
from collections.abc import Sequence
from typing import Any

from mtnas_tf.experiment.comparison.claims import Claim
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import EQUAL_COST
from mtnas_tf.experiment.comparison.methods import HAND_MADE
from mtnas_tf.experiment.comparison.methods import PICKED
from mtnas_tf.experiment.comparison.methods import RANDOM
from mtnas_tf.experiment.comparison.methods import RANDOM_SUPERNET
from mtnas_tf.experiment.comparison.methods import RESTARTED
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import kind_of
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.methods import search_of
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.signed import signed

SIGNIFICANT = 0.05
NOT_TOLD = "cannot be told apart"
LOSS = "mtl_loss"
NAMES = {"score": "score", LOSS: "loss"}
HEADER = (
    "question",
    "answer",
    "score difference",
    "p, score",
    "loss difference",
    "p, loss",
    "multiply-adds, ratio",
    "pairs",
)
CAPTION = (
    "The method in question minus the other, paired by split and seed, ± the "
    "standard error over splits. p: two-sided t tests over splits, corrected "
    "for all of this table by Holm's method. A larger score and a smaller loss "
    "are better."
)
EMPTY_P = (
    "Where no p stands, there are too few splits to test: seeds of one split "
    "are no evidence about others."
)
# What a question is about, the first that is asked first.
RIVALS = (
    (BASELINE,),
    (EQUAL_COST,),
    (RANDOM, RANDOM_SUPERNET),
    HAND_MADE,
    ("single_task",),
)


def question_section(claims: Sequence[Claim]) -> Section:
    """The section of questions and answers; without parts if none was asked.

    Args:
        claims: of `compare.json`.
    """
    if not claims:
        return Section("Is it better?", [])
    asked = sorted(claims, key=_order)
    rows = [_row(claim) for claim in asked]
    first = asked[0]
    parts: list[Any] = [f"{_question(first)} {_sentence(first)}"]
    parts.append(PageTable(CAPTION, HEADER, rows, num_texts=2))
    if any(not row[3] for row in rows):
        parts.append(EMPTY_P)
    return Section("Is it better?", parts)


def answer(claim: Claim) -> str:
    """The answer by score and by loss, in a few words.

    Example:
    >>> score = {"mean": 0.1, "p_corrected": 0.01}
    >>> answer({"differences": {"score": score}})
    'yes'
    """
    found = {
        NAMES[metric]: _verdict(metric, delta)
        for metric, delta in claim["differences"].items()
    }
    if len({*found.values()}) == 1:
        return next(iter(found.values()))
    return "; ".join(f"by {name}: {verdict}" for name, verdict in found.items())


def _verdict(metric: str, delta: dict[str, Any]) -> str:
    p_value = delta["p_corrected"]
    if math.isnan(p_value):
        return "not tested"
    if p_value >= SIGNIFICANT:
        return NOT_TOLD
    is_better = (delta["mean"] > 0) == (metric != LOSS)
    return "yes" if is_better else "no, worse"


def _question(claim: Claim) -> str:
    of, minus = tuple(claim["of"]), tuple(claim["minus"])
    if kind_of(of) == PICKED:
        return (
            f"Is {_found(of)} better than the best of as many trainings of "
            f"{_rival(minus)}?"
        )
    return f"Is {_found(of)} better than {_rival(minus)}, on average?"


def _found(method: Method) -> str:
    if method[0] != SEARCHED:
        return method[0]
    search = search_of(method)
    which = f" ({search})" if search else ""
    if kind_of(method) == PICKED:
        return f"the network that the search{which} picked"
    return f"the route that was searched{which}"


def _rival(method: Method) -> str:
    model = method[0]
    if model in HAND_MADE:
        return f"the best route drawn by hand ({model})"
    names = {
        BASELINE: "MMoE",
        EQUAL_COST: "an MMoE that costs as much to serve",
        RANDOM: "random routes",
        RANDOM_SUPERNET: "random routes of the supernet",
        "single_task": "a network for each task",
    }
    return names.get(model, model)


def _order(claim: Claim) -> tuple[bool, int, float]:
    """What was picked at an equal budget before means; MMoE before others."""
    minus = tuple(claim["minus"])
    places = [i for i, rivals in enumerate(RIVALS) if minus[0] in rivals]
    place = places[0] if places else len(RIVALS)
    gain = claim["differences"]["score"]["mean"]
    return kind_of(minus) != RESTARTED, place, -gain


def _sentence(claim: Claim) -> str:
    """The answer to the first question, with its numbers."""
    said = answer(claim)
    if said == NOT_TOLD:
        said = f"they {said}"
    of, minus = (name_of(tuple(claim[key])) for key in ("of", "minus"))
    numbers = ", ".join(
        f"{NAMES[metric]} {signed(delta['mean'], delta['std_error'])}"
        for metric, delta in claim["differences"].items()
    )
    return f"{said[0].upper()}{said[1:]} ({of} minus {minus}: {numbers})."


def _row(claim: Claim) -> list[str]:
    cells = []
    for metric in NAMES:
        delta = claim["differences"].get(metric)
        cells += ["", ""] if delta is None else _numbers(delta)
    ratio = claim["cost_ratio"]
    return [
        _question(claim),
        answer(claim),
        *cells,
        "" if ratio is None else f"{ratio:.2f}",
        str(claim["num_pairs"]),
    ]


def _numbers(delta: dict[str, Any]) -> list[str]:
    p_value = delta["p_corrected"]
    return [
        signed(delta["mean"], delta["std_error"]),
        "" if math.isnan(p_value) else f"{p_value:.2g}",
    ]
