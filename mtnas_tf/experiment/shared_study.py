"""Trials of a method that many processes make together."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path
from mtnas_tf.experiment.held_file import held_file
from mtnas_tf.experiment.tuned import RANGES

Row = dict[str, Any]
Values = dict[str, float]

DEFAULT = "default"  # of a trial: that of the config's own values
TRIED = ("std_error", "seconds")  # of a trial, beside its values and its loss


def trials_of_study(
    optuna: Any,
    path: str | Path,
    name: str,
    num_trials: int,
    defaults: Values,
    try_values: Callable[[int, Values], Row],
) -> list[Row]:
    """Makes trials until a study has enough, with all others that do so.

    The study lies in a file, Optuna's journal, that all of them see. Every
    process proposes values from the trials that are there, its own and others';
    so they depend on when those came in.

    One process at a time makes the trial of the defaults; the others make other
    trials meanwhile, and in the end wait for it. If that process is killed,
    another one makes the trial. So a study of `w` processes, none of which is
    killed, has at most `num_trials + w - 1` trials.

    Args:
        optuna: the library.
        path: the journal, made by the first process.
        name: of the study.
        num_trials: int > 0. Trials of all processes together. Those that were
            begun meanwhile are finished, too.
        defaults: values of the first trial.
        try_values: from a trial's number and values to its row.

    Returns:
        rows of the trials that are done, of all processes, that of the defaults
        first.
    """
    study = _study(optuna, path, name)
    lock = f"{path}.{name.replace(' ', '-')}.lock"

    def make(is_default: bool) -> None:
        trial = study.ask()
        try:
            row = _tried(trial, is_default, defaults, try_values)
        except BaseException:
            study.tell(trial, state=optuna.trial.TrialState.FAIL)
            raise
        study.tell(trial, float(row["loss"]))

    def make_default(waits: bool) -> bool:
        """Whether it was made here and now."""
        with held_file(lock, waits) as is_held:
            is_ours = is_held and not _has_default(optuna, study)
            if is_ours:
                make(is_default=True)
            return is_ours

    while len(_done(optuna, study)) < num_trials:
        has_default = _has_default(optuna, study)
        if has_default or not make_default(waits=False):
            if len(_done(optuna, study)) < num_trials:
                make(is_default=False)
    if not _has_default(optuna, study):
        make_default(waits=True)
    return [
        {
            "trial": trial.number,
            **{key: trial.user_attrs[key] for key in (*RANGES, *TRIED)},
            "loss": trial.value,
        }
        for trial in _done(optuna, study)
    ]


def check_journal(path: str | Path) -> None:
    """Raises `ValueError` unless a journal is there, or can be made.

    Args:
        path: file.
    """
    place = local_path(path)
    if place.is_dir() or not place.parent.is_dir():
        raise ValueError(
            "`study` must be a file in a folder that exists. "
            f"Received: study={path}"
        )
    if not place.is_file():
        return
    with place.open("rb") as file:
        line = file.readline()
    try:
        is_journal = not line or "op_code" in json.loads(line)
    except (ValueError, TypeError):
        is_journal = False
    if not is_journal:
        raise ValueError(
            "`study` must be a new file, or the one that other `mtnas tune` "
            f"share. Received: study={path}, which holds something else"
        )


def _tried(
    trial: Any,
    is_default: bool,
    defaults: Values,
    try_values: Callable[[int, Values], Row],
) -> Row:
    """The row of a trial, which the study keeps, too."""
    values = defaults
    if not is_default:
        values = {
            key: trial.suggest_float(key, *limits, log=True)
            for key, limits in RANGES.items()
        }
    row = try_values(trial.number, values)
    for key, value in {**values, **{k: row[k] for k in TRIED}}.items():
        trial.set_user_attr(key, value)
    trial.set_user_attr(DEFAULT, is_default)
    return row


def _study(optuna: Any, path: str | Path, name: str) -> Any:
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    return optuna.create_study(
        study_name=name,
        storage=optuna.storages.JournalStorage(backend),
        # Without a seed, which would propose the same to all.
        sampler=optuna.samplers.TPESampler(),
        load_if_exists=True,
    )


def _done(optuna: Any, study: Any) -> list[Any]:
    """Trials that are done, that of the defaults first."""
    complete = (optuna.trial.TrialState.COMPLETE,)
    trials = study.get_trials(deepcopy=False, states=complete)
    return sorted(trials, key=lambda trial: not trial.user_attrs[DEFAULT])


def _has_default(optuna: Any, study: Any) -> bool:
    return any(t.user_attrs[DEFAULT] for t in _done(optuna, study))
