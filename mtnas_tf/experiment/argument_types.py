"""Arguments of the command line that are more than text."""

import argparse
import math

from mtnas_tf.jobs.named_executor import check_executor


def minutes(text: str) -> float:
    """An argument of `--budget`; `none` is infinity.

    Args:
        text: as the user wrote it.
    """
    try:
        number = math.inf if text.lower() == "none" else float(text)
    except ValueError:
        number = math.nan
    if not number > 0:
        raise argparse.ArgumentTypeError(
            f"must be a positive number of minutes, or none. Received: {text}"
        )
    return number


def executor(text: str) -> str:
    """An argument of `--executor`.

    Args:
        text: as the user wrote it.
    """
    try:
        return check_executor(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
