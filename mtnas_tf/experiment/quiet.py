"""Keeps messages of libraries off the terminal.

This module does not import TensorFlow by itself.
"""

import contextlib
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator


def import_tensorflow() -> None:
    """Imports TensorFlow without its start-up lines.

    TensorFlow writes them past `sys.stderr`, at any log level.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_held():
        import tensorflow  # noqa: F401
    logging.getLogger("tensorflow").addFilter(_is_no_retracing)


@contextlib.contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Shows warnings without their place in the code."""

    def line(message: Warning | str, *_: object, **__: object) -> str:
        return f"warning: {message}\n"

    with warnings.catch_warnings():
        shown = warnings.formatwarning
        warnings.formatwarning = line
        try:
            yield
        finally:
            warnings.formatwarning = shown


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """Hides warnings of retracing: every new network counts as one."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextlib.contextmanager
def _stderr_held() -> Iterator[None]:
    """Holds back what is written to stderr, unless the block raises."""
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
