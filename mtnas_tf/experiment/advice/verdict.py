"""What to do, in plain words."""

from collections.abc import Mapping
from typing import Any

from mtnas_tf.experiment.advice.gains import TOTAL
from mtnas_tf.experiment.advice.gains import is_loss
from mtnas_tf.experiment.advice.trainings import ALONE
from mtnas_tf.experiment.signed import signed

CONFLICT, NO_CONFLICT = "conflict", "no conflict"
TOO_FEW, UNDECIDED = "too few labels", "undecided"
MARGIN = 0.005  # of score: a smaller loss of a task does not matter


def verdict_of(
    advice: Mapping[str, Any], margin: float = MARGIN
) -> dict[str, Any]:
    """The verdict and the reasons for it.

    A conflict is a loss beyond chance that may reach the margin. There is none
    if the intervals of all tasks rule such a loss out. Otherwise it is
    undecided.

    Args:
        advice: what was measured, see `advise`.
        margin: float > 0. The least loss that matters, as a difference of a
            task's score. Defaults to `0.005`.

    Returns:
        `{"verdict", "about", "recommendation"}`: one of `"conflict"`, `"no
        conflict"`, `"too few labels"` and `"undecided"`; the tasks that it is
        about; sentences.
    """
    gains = advice["gains"]
    # NaN, of a score that is not defined, is open.
    is_open = {name: not gain["low"] > -margin for name, gain in gains.items()}
    losers = [name for name in gains if is_loss(gains[name]) and is_open[name]]
    if losers:
        text = [*_losses(advice, losers), *_what_to_do(advice)]
        return _verdict(CONFLICT, losers, text)
    few = advice["few_labels"]
    if few:
        text = [_few(task, count) for task, count in few.items()]
        return _verdict(TOO_FEW, [*few], [*text, _best_so_far(advice)])
    unknown = [task for task in advice["tasks"] if is_open[task]]
    if unknown:
        text = [_unknown(advice, unknown, margin), _best_so_far(advice)]
        return _verdict(UNDECIDED, unknown, text)
    return _verdict(NO_CONFLICT, [], _no_conflict(advice))


def _verdict(verdict: str, about: list[str], text: list[str]) -> dict[str, Any]:
    return {
        "verdict": verdict,
        "about": about,
        "recommendation": " ".join(text),
    }


def _losses(advice: Mapping[str, Any], losers: list[str]) -> list[str]:
    """Which tasks lose, and by sharing with which."""
    pairs = [
        f"{task} by sharing with {other}"
        for task, by_other in advice["pairs"].items()
        for other, gain in by_other.items()
        if is_loss(gain)
    ]
    named = [task for task in losers if task != TOTAL]
    who = _and(named) if named else "they"
    verb = "loses" if len(named) == 1 else "lose"
    text = [f"Tasks conflict: {who} {verb} where all share one network."]
    if not named:
        text.append(
            "It is their sum that is lower; which of them loses varies."
        )
    if pairs and len(advice["pairs"]) > 2:
        text.append(f"Pair by pair: {_and(pairs)}.")
    return text


def _what_to_do(advice: Mapping[str, Any]) -> list[str]:
    bound = advice["bound"]
    text = [_best_so_far(advice)]
    if bound["high"] > 0:
        text.append(
            "Search a route: it may share where sharing helps and part where "
            f"it hurts, and gain at most {bound['high']:.4f} of score over "
            f"that, {signed(bound['mean'])} as estimated."
        )
    return text


def _no_conflict(advice: Mapping[str, Any]) -> list[str]:
    gains, bound = advice["gains"], advice["bound"]
    winners = [t for t in advice["tasks"] if gains[t]["low"] > 0]
    text = ["No conflict: no task loses by sharing beyond chance."]
    if winners:
        text.append(f"Sharing helps {_and(winners)}.")
    text.append(
        "Use `shared_bottom` or `mmoe`; a search may gain at most "
        f"{max(bound['high'], 0):.4f} of score."
    )
    worst = min(gains[task]["low"] for task in advice["tasks"])
    if worst < 0:
        text.append(
            f"A loss of more than {-worst:.4f} of any task's score is ruled "
            "out at 95 %."
        )
    return text


def _unknown(advice: Mapping[str, Any], tasks: list[str], margin: float) -> str:
    lows = [f"{-advice['gains'][task]['low']:.4f}" for task in tasks]
    return (
        f"Undecided: no loss was found, but {_and(tasks)} may lose up to "
        f"{_and(lows)} of score by sharing, more than the {margin:g} that does "
        "not matter. More `--deals` and `--starts` tell."
    )


def _best_so_far(advice: Mapping[str, Any]) -> str:
    best = advice["best_network"]
    name = "a network for each task" if best == ALONE else f"`{best}`"
    return (
        f"The best of the networks tried is {name}: it costs nothing more to "
        "use that."
    )


def _few(task: str, count: int) -> str:
    return (
        f"Too few labels to tell of {task}: validation rows hold {count} of "
        "its rarer class."
    )


def _and(names: list[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
