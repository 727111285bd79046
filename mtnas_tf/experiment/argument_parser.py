"""A parser of arguments that says what is wrong in one paragraph."""

import argparse
import difflib
import re
import sys
from collections.abc import Iterable
from collections.abc import Sequence
from typing import Any
from typing import NoReturn

# What the library says of a text that is no number.
INVALID = re.compile(r"invalid (int|float) value: '(.*)'$")
KINDS = {"int": "a whole number", "float": "a number"}


class ArgumentParser(argparse.ArgumentParser):
    """Reports a mistake without the list of all arguments.

    It names the argument, the rule and what was received, and the nearest word
    where one was misspelt. The list is a `--help` away.

    Example:
    >>> parser = ArgumentParser(prog="mtnas tune", exit_on_error=False)
    >>> _ = parser.add_argument("--trials", type=int)
    >>> parser.parse_args(["--trials", "10"]).trials
    10
    """

    def error(self, message: str) -> NoReturn:
        text = INVALID.sub(_in_words, message).rstrip(".")
        end = "" if text.endswith("?") else "."
        self.exit(
            2,
            f"{self.prog}: error: {text}{end} `{self.prog} --help` lists "
            "arguments.\n",
        )

    def parse_known_args(  # type: ignore[override]
        self, args: Any = None, namespace: Any = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As the library's, but what is left over is an error of this parser.

        Otherwise a verb would leave it to `mtnas`, which does not know its
        arguments. A misspelt option is named before one that is missing, which
        it may be.
        """
        words = sys.argv[1:] if args is None else list(args)
        if "--" in words:  # what follows it are values
            words = words[: words.index("--")]
        self._refuse([x for x in words if x.startswith("--")])
        found, left_over = super().parse_known_args(args, namespace)
        self._refuse(left_over, has_known=False)
        return found, left_over

    def _refuse(self, words: Sequence[str], has_known: bool = True) -> None:
        """Refuses the first of some words that is no argument."""
        known = [*self._option_string_actions]
        for word in words:
            name = word.partition("=")[0]
            is_known = any(each.startswith(name) for each in known)
            if not (has_known and (is_known or self._subparsers)):
                self.error(
                    f"there is no argument {name}{_nearest(name, known)}"
                )

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Called by the library for every value."""
        choices = action.choices
        if choices is not None and value not in choices:
            words = [str(choice) for choice in choices]
            raise argparse.ArgumentError(
                action,
                f"must be one of {', '.join(words)}. Received: {value}"
                f"{_nearest(str(value), words)}",
            )


def _in_words(found: re.Match[str]) -> str:
    kind, text = found.groups()
    return f"must be {KINDS[kind]}. Received: {text}"


def _nearest(word: str, known: Iterable[str]) -> str:
    """The nearest word there is, as a question; nothing if none is near."""
    near = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {near[0]}?" if near else ""
