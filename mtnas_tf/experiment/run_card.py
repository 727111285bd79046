"""The card of a run's model, for a preset."""

import json
from pathlib import Path

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import load_config
from mtnas_tf.experiment.run_files import DERIVED
from mtnas_tf.experiment.run_files import EVALUATED
from mtnas_tf.experiment.run_files import Results
from mtnas_tf.experiment.run_files import read_metrics
from mtnas_tf.experiment.run_inputs import CONFIG
from mtnas_tf.experiment.run_inputs import TABLE
from mtnas_tf.models import ModelCard
from mtnas_tf.types import TaskMetrics

SPLITS = ("train", "valid", "test")
PLACES = ("path", "schema", "data_dir", "tuned")  # keys of a config


def card_of_run(workdir: Path, license: str = "") -> ModelCard:
    """What a run directory tells of its model.

    Args:
        workdir: the run directory.
        license: the licence of the data. Defaults to `""`, not stated.
    """
    config = load_config(workdir / CONFIG)
    known = read_metrics(workdir)
    found = {**known.get(DERIVED, known), **known.get(EVALUATED, {})}
    metrics = {split: found[split] for split in SPLITS if split in found}
    return ModelCard(
        data=_data(workdir, config),
        license=license,
        made=_made(config, known),
        metrics=metrics,
        seeds=(config.seed,),
        limits=_limits(metrics),
    )


def _data(workdir: Path, config: ExperimentConfig) -> str:
    if config.table.path is None:
        return (
            f"The data set `{config.dataset}` of mtnas_tf, as its page in "
            "`tfds_builders` describes it: source, columns, tasks and split."
        )
    table = json.loads((workdir / TABLE).read_text(encoding="utf-8"))
    rows = ", ".join(f"{n:,} {split}" for split, n in table["rows"].items())
    return (
        f"The table `{config.dataset}` of {table['bytes']:,} bytes, sha256 "
        f"{table['sha256'][:12]}. Rows: {rows}."
    )


def _made(config: ExperimentConfig, known: Results) -> str:
    changed = _changed(
        json.loads(config.to_json()), json.loads(ExperimentConfig().to_json())
    )
    how = f"By `mtnas train` ({_effort(known)})"
    if DERIVED in known:
        derived = known[DERIVED]
        how = (
            f"Its route by `mtnas search` ({_effort(known)}), its network by "
            f"`mtnas derive --weights {derived['weights']}` "
            f"({_effort(derived)})"
        )
    else:
        changed.pop("search", None)  # a training does not read it
    return "\n".join(
        [
            f"{how}. The values of its config that are not the defaults:",
            "",
            "```json",
            json.dumps(changed, indent=2),
            "```",
        ]
    )


def _effort(results: Results) -> str:
    seconds = f"{results['train_seconds']:,.0f}"
    return f"epochs: {results['epochs']:,}, seconds: {seconds}"


def _changed(given: Results, default: Results) -> Results:
    """The values that are not the defaults, without places on this machine."""
    changed = {}
    for key, value in given.items():
        known = default.get(key)
        if isinstance(value, dict) and isinstance(known, dict):
            value, known = _changed(value, known), {}
        if value != known and key not in PLACES:
            changed[key] = value
    return changed


def _limits(metrics: dict[str, TaskMetrics]) -> str:
    texts = [
        "One training with one seed: nothing here compares it with another "
        "method.",
        "Validation rows chose its epoch, and its route if it has a searched "
        "one: metrics on them flatter it.",
    ]
    if "test" not in metrics:
        texts.append("It was not evaluated on test rows (`mtnas evaluate`).")
    return "\n".join(f"- {text}" for text in texts)
