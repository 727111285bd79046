"""Trials of a method that many processes make together."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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

    def objective(trial: Any) -> float:
        values = defaults
        if DEFAULT not in trial.user_attrs:
            values = {
                key: trial.suggest_float(key, *limits, log=True)
                for key, limits in RANGES.items()
            }
        row = try_values(trial.number, values)
        for key, value in {**values, **{k: row[k] for k in TRIED}}.items():
            trial.set_user_attr(key, value)
        return float(row["loss"])

    if len(_done(optuna, study)) < num_trials:
        enough = optuna.study.MaxTrialsCallback(num_trials)
        study.optimize(objective, callbacks=[enough])
    if not any(DEFAULT in trial.user_attrs for trial in _done(optuna, study)):
        # The process that had begun it was killed.
        study.enqueue_trial({}, user_attrs={DEFAULT: True})
        study.optimize(objective, n_trials=1)
    rows = [
        {
            "trial": trial.number,
            **{key: trial.user_attrs[key] for key in (*RANGES, *TRIED)},
            "loss": trial.value,
        }
        for trial in _done(optuna, study)
    ]
    return rows


def _study(optuna: Any, path: str | Path, name: str) -> Any:
    """The study; who makes it gives it the trial of the defaults."""
    backend = optuna.storages.journal.JournalFileBackend(str(path))
    place = {
        "study_name": name,
        "storage": optuna.storages.JournalStorage(backend),
        # Without a seed, which would propose the same to all.
        "sampler": optuna.samplers.TPESampler(),
    }
    try:
        study = optuna.create_study(**place)
    except optuna.exceptions.DuplicatedStudyError:
        return optuna.load_study(**place)
    study.enqueue_trial({}, user_attrs={DEFAULT: True})
    return study


def _done(optuna: Any, study: Any) -> list[Any]:
    """Trials that are done, that of the defaults first."""
    complete = (optuna.trial.TrialState.COMPLETE,)
    trials = study.get_trials(deepcopy=False, states=complete)
    return sorted(trials, key=lambda trial: DEFAULT not in trial.user_attrs)
