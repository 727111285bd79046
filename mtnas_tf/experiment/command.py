"""Runs a verb of the command line, and reports its errors in one paragraph.

Verbs are imported when they are run, and TensorFlow by those that need it, so
that `--help`, mistakes in arguments, `mtnas predict` and `mtnas serve` answer
at once.
"""

import contextlib
import functools
import importlib
import math
import sys
import traceback
from typing import Any

from mtnas_tf.experiment import quiet
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.jobs import JobError
from mtnas_tf.stages import shown_stages

EXIT_CODES = (
    "exit codes: 0 done, 1 a fault of mtnas, 2 wrong arguments, files or\n"
    "values, 130 interrupted"
)
# Errors that a user can correct; any other is a fault of the program.
USER_ERRORS = (ValueError, OSError, FloatingPointError, ImportError)
VERBS = "mtnas_tf.experiment.verbs"
# The doctor starts it by itself, to tell what is wrong with it.
WITHOUT_TENSORFLOW = ("predict", "serve", "doctor")
DEFAULT_MINUTES = 10.0  # of a first run, on a table


def run(verb: str, command: str, json: bool, debug: bool, **values: Any) -> int:
    """Runs a verb.

    Args:
        verb: its name, and that of its module and function.
        command: the command as the user wrote it.
        json: whether its results are printed as JSON on stdout, and its other
            lines on stderr.
        debug: whether an error is shown with its traceback.
        **values: arguments of the verb by name. Those that describe a config
            are replaced by it.

    Returns:
        The exit code, see `EXIT_CODES`.
    """
    stdout = sys.stderr if json else sys.stdout
    try:
        with contextlib.redirect_stdout(stdout), quiet.warnings_as_lines():
            results = _call(verb, values)
    except KeyboardInterrupt:
        print(f"{command}: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        if debug:
            traceback.print_exc()
        print(f"{command}: {_paragraph(error)}", file=sys.stderr)
        return 2 if _is_of_user(error) else 1
    if json:
        print(strict_json(results))
    return 0


def _call(verb: str, values: dict[str, Any]) -> Any:
    if verb not in WITHOUT_TENSORFLOW:
        quiet.import_tensorflow()
    if verb == "sweep":
        from mtnas_tf.config import load_sweep

        values["plan"] = load_sweep(values["plan"], values.pop("set"))
    elif "set" in values:
        if "budget" in values:
            values["budget"] = _limit(values["budget"], values["config"])
        values["config"] = _config(values)
    function = getattr(importlib.import_module(f"{VERBS}.{verb}"), verb)
    say = functools.partial(print, flush=True)
    with shown_stages(say):
        return function(**values, say=say)


def _config(values: dict[str, Any]) -> Any:
    """Takes what says a config out of `values`; an `ExperimentConfig`."""
    from mtnas_tf.config import ExperimentConfig
    from mtnas_tf.config import load_config
    from mtnas_tf.config import override

    path, overrides = values.pop("config"), values.pop("set")
    table = {
        "path": values.pop("table"),
        "tasks": values.pop("tasks"),
        "schema": values.pop("schema"),
    }
    given = [f"table.{k}={text}" for k, text in table.items() if text]
    if path is not None:
        return load_config(path, [*given, *overrides])
    if table["path"] is None:
        raise ValueError("`config` or `--table` must be given. Received: none")
    return override(ExperimentConfig(), [*given, *overrides])


def _limit(minutes: float | None, config: object) -> float | None:
    """Minutes of a run, or `None` for no limit.

    With a config there is no limit by default.
    """
    if minutes is None and config is None:
        return DEFAULT_MINUTES
    return None if minutes == math.inf else minutes


def _is_of_user(error: BaseException | None) -> bool:
    """Whether a user can correct it; of a job, what the job raised."""
    if isinstance(error, JobError):
        return _is_of_user(error.__cause__)
    return isinstance(error, USER_ERRORS)


def _paragraph(error: Exception) -> str:
    text = " ".join(str(error).split())
    if _is_of_user(error):
        return f"error: {text}"
    name = type(error).__name__
    return f"unexpected {name}: {text} (--debug shows where it happened)"
