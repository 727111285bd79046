"""The claims of a comparison, and notes about them, as lines of text."""

import math
from collections.abc import Sequence
from typing import Any

from mtnas_tf.experiment.comparison.absent_controls import absent_controls
from mtnas_tf.experiment.comparison.captions import counted
from mtnas_tf.experiment.comparison.captions import is_methods_only
from mtnas_tf.experiment.comparison.claims import Claim
from mtnas_tf.experiment.comparison.claims import strongest_rivals
from mtnas_tf.experiment.comparison.entry_lines import entry_lines
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import HAND_MADE
from mtnas_tf.experiment.comparison.methods import SEARCHED
from mtnas_tf.experiment.comparison.methods import Method
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.experiment.comparison.methods import Row
from mtnas_tf.experiment.comparison.methods import name_of
from mtnas_tf.experiment.comparison.methods import route_of
from mtnas_tf.experiment.signed import signed

# With fewer, the standard error of an AUC of a half is above .03.
FEW_LABELS = 100
# Relative difference in dense parameters up to which sizes are equal.
SIZE_TOLERANCE = 0.05
ENOUGH_SPLITS = 10


def claim_lines(result: dict[str, Any]) -> list[str]:
    """Lines on the entry test, each search's strongest rival and its controls.

    Then how the tests were made, and what else has to be known of them.

    Args:
        result: what `compare` returns.
    """
    few = _few_labels(result["protocol"])
    return [
        *entry_lines(result),
        *rival_lines(result),
        *(_claim_line(claim, few) for claim in result["claims"]),
        *claim_notes(result),
        *_of_provenance(result["protocol"]),
    ]


def rival_lines(result: dict[str, Any]) -> list[str]:
    """A line on the strongest rival of each search.

    Args:
        result: what `compare` returns.
    """
    few = _few_labels(result["protocol"])
    return [
        f"Strongest rival of {name_of(rival['of'])}: "
        f"{name_of(rival['minus'])}. "
        + _claim_line(_tested(rival, result["claims"]), few)
        for rival in strongest_rivals(result["rows"])
    ]


def claim_notes(result: dict[str, Any]) -> list[str]:
    """Lines on how the tests were made, and what has to be known of them.

    Args:
        result: what `compare` returns.
    """
    return [
        *_of_tests(result),
        *_of_few_labels(_few_labels(result["protocol"])),
        *_of_sizes(result),
        *absent_controls(result),
        *result["protocol"].get("notes", []),
        *_twins(result["rows"]),
        *_hand_made_winners(result["rows"]),
    ]


def _claim_line(claim: Claim, few_labels: dict[str, int]) -> str:
    """A claim as `a minus b: ...`."""
    warning = ", few labels" if few_labels else ""
    parts = []
    for metric, delta in claim["differences"].items():
        name = {"mtl_loss": "loss"}.get(metric, metric)
        text = f"{name} {signed(delta['mean'], delta['std_error'])}"
        p_value = delta.get("p_corrected", math.nan)
        if not math.isnan(p_value):
            text += f" (p = {p_value:.2g}{warning})"
        parts.append(text)
    if claim["cost_ratio"] is not None:
        parts.append(f"{claim['cost_ratio']:.2f} of its multiply-adds")
    names = name_of(claim["of"]), name_of(claim["minus"])
    return f"{names[0]} minus {names[1]}: {', '.join(parts)}"


def _tested(rival: Claim, claims: Sequence[Claim]) -> Claim:
    """A rival's claim, with its test if it was tested."""
    key = tuple(rival["of"]), tuple(rival["minus"])
    for claim in claims:
        if (tuple(claim["of"]), tuple(claim["minus"])) == key:
            return claim
    return rival


def _of_tests(result: dict[str, Any]) -> list[str]:
    """Notes about the tests and the data."""
    num_splits = result["protocol"]["num_splits"]
    tests = [
        delta
        for claim in result["claims"]
        for delta in claim["differences"].values()
        if not math.isnan(delta["p_corrected"])
    ]
    if tests:
        return [
            f"p: two-sided t tests over {num_splits} splits "
            f"({counted(num_splits - 1, 'degree')} of freedom), corrected by "
            f"Holm's method for all {len(tests)} of them. Where it is above "
            ".05 there may be no difference. All splits are dealt from the "
            "same rows, so that errors are larger, if anything, than stated."
            + _more_splits(num_splits)
        ]
    if result["claims"]:
        return [
            "No p values: differences over seeds of one split are no evidence "
            "about other splits." + _more_splits(num_splits)
        ]
    return []


def _more_splits(num_splits: int) -> str:
    """Advice where few splits leave few degrees of freedom."""
    if num_splits >= ENOUGH_SPLITS:
        return ""
    return (
        f" A seed on each of {ENOUGH_SPLITS} splits (`--seeds 1 --splits "
        f"{ENOUGH_SPLITS}`) tells more than several seeds on fewer: it is "
        "splits that are counted."
    )


def _of_provenance(protocol: dict[str, Any]) -> list[str]:
    known = protocol.get("provenance")
    if known is None:
        return []
    return [
        f"Config: sha256 {known['config_sha256']}, mtnas_tf "
        f"{known['version']}; begun {known['begun']}, ended {known['ended']}."
    ]


def _few_labels(protocol: dict[str, Any]) -> dict[str, int]:
    """Task -> number of labels of its rarer class, where it is small."""
    counts = protocol.get("rarest_labels", {})
    return {task: n for task, n in counts.items() if n < FEW_LABELS}


def _of_few_labels(counts: dict[str, int]) -> list[str]:
    return [
        f"Few labels: a test split holds {count} of the rarer class of "
        f"`{task}`, so that a row or two may move its AUC more than any method."
        for task, count in counts.items()
    ]


def _of_sizes(result: dict[str, Any]) -> list[str]:
    """Methods that have no width at which they are as large as MMoE."""
    methods = Methods(result["rows"])
    reference = _dense(methods, (BASELINE, None))
    if not reference or not is_methods_only(result["protocol"]):
        return []
    ratios = {
        name_of(method): _dense(methods, method) / reference
        for method in methods
    }
    return [
        f"{name} has {ratio:.2f} of {BASELINE}'s dense parameters, at the "
        "width that comes closest: they are not compared at equal size."
        for name, ratio in ratios.items()
        if abs(ratio - 1) > SIZE_TOLERANCE
    ]


def _dense(methods: Methods, method: Method) -> int:
    """Dense parameters of a method's networks; 0 where none are known."""
    rows = methods.pairs(method).values()
    counts = [row["num_parameters"] for row in rows]
    return counts[0]["dense"] if counts and counts[0] else 0


def _twins(rows: Sequence[Row]) -> list[str]:
    """Searches that found what another did."""
    return [
        f"{name_of(method)}: the same networks as {name_of(other)} in every "
        "pair, and no claim of its own."
        for method, other in Methods(rows).twins.items()
    ]


def _hand_made_winners(rows: Sequence[Row]) -> list[str]:
    """Notes on searched routes that equal a hand-made one."""
    drawn = {
        (row["split_seed"], row["seed"], route_of(row))
        for row in rows
        if row["model"] in HAND_MADE
    }
    found: dict[str, list[bool]] = {}
    for row in rows:
        if row["model"] == SEARCHED and row["route"] is not None:
            key = (row["split_seed"], row["seed"], route_of(row))
            name = name_of((row["model"], row["variant"]))
            found.setdefault(name, []).append(key in drawn)
    return [
        f"{name}: its route is a hand-made one in {sum(hits)} of {len(hits)} "
        "pairs."
        for name, hits in found.items()
        if any(hits)
    ]
