"""The entry test of a comparison as a line of text."""

from typing import Any

from mtnas_tf.experiment.comparison.captions import is_methods_only


def entry_lines(result: dict[str, Any]) -> list[str]:
    """A line on the entry test, none without a search.

    Args:
        result: what `compare` returns.
    """
    if is_methods_only(result["protocol"]):
        return []
    found = result.get("entry_test")
    if found is None:
        return [
            "Entry test, whether routes differ by more than starts do: not "
            "made, for want of several random routes and of a route that was "
            "trained from several starts, with a score each."
        ]
    degrees = " and ".join(map(str, found["degrees"]))
    return [
        "Entry test, by validation scores: starts of one route spread by "
        f"{found['std_starts']:.4f} (standard deviation), random routes by "
        f"{found['std_routes']:.4f} beyond that; F = {found['f']:.2f} with "
        f"{degrees} degrees of freedom{_verdict(found['p_value'])}"
    ]


def _verdict(p_value: float | None) -> str:
    if p_value is None:
        return ", too few to tell whether routes matter."
    if p_value < 0.05:
        return f", p = {p_value:.2g}: routes matter."
    return (
        f", p = {p_value:.2g}: no evidence that routes matter at all, and "
        "differences between them may be those of starts."
    )
