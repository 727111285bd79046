"""Arguments that several verbs of the command line have."""

import argparse
import math
from typing import Any

from mtnas_tf.jobs.named_executor import FORMS
from mtnas_tf.jobs.named_executor import check_executor


def add_pairs(verb: Any) -> None:
    """Numbers of seeds and splits.

    Args:
        verb: parser of the verb.
    """
    verb.add_argument(
        "--seeds",
        dest="num_seeds",
        type=int,
        default=3,
        help="seeds on every split",
    )
    verb.add_argument(
        "--splits",
        dest="num_splits",
        type=int,
        default=1,
        help="ways to deal the rows",
    )


def add_budget(verb: Any) -> None:
    """How long it may take.

    Args:
        verb: parser of the verb.
    """
    verb.add_argument(
        "--budget",
        type=_minutes,
        metavar="MINUTES",
        help="train what there is time for, or `none`: all of it; without a "
        "config 10",
    )


def add_executor(verb: Any) -> None:
    """Who trains.

    Args:
        verb: parser of the verb.
    """
    verb.add_argument(
        "--executor",
        type=_executor,
        metavar="WORKERS",
        help=f"who trains: {FORMS}; without it this process",
    )


def _minutes(text: str) -> float:
    """An argument of `--budget`; `none` is infinity."""
    try:
        number = math.inf if text.lower() == "none" else float(text)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise argparse.ArgumentTypeError(
            f"must be a positive number of minutes, or none. Received: {text}"
        )
    return number


def _executor(text: str) -> str:
    """An argument of `--executor`."""
    try:
        return check_executor(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
