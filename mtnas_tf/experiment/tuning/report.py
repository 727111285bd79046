"""What tuning found, as text that people read."""

import math
from typing import Any

from mtnas_tf.experiment import markdown
from mtnas_tf.experiment.aligned import aligned
from mtnas_tf.experiment.comparison.captions import counted
from mtnas_tf.experiment.tuning.effects import loss_of

FAILED = "diverged"


def markdown_page(result: dict[str, Any]) -> str:
    """The best values of every method, as a Markdown table.

    Args:
        result: content of `tune.json`.
    """
    header, *rows = cells(result)
    return f"{markdown.table(header, rows)}\n{caption(result)}\n"


def text_page(result: dict[str, Any]) -> str:
    """The best values of every method, for a terminal.

    Args:
        result: content of `tune.json`.
    """
    header, *rows = cells(result)
    return f"{aligned(header, rows, right=header[1:])}\n\n{caption(result)}"


def cells(result: dict[str, Any]) -> list[list[str]]:
    """The best values of every method, below the names of the columns.

    Args:
        result: content of `tune.json`.
    """
    header = ["method", "learning rate", "weight decay", "loss", "loss before"]
    rows = [
        [
            method,
            f"{best['learning_rate']:.2g}",
            f"{best['weight_decay']:.2g}",
            f"{best['loss']:.4f}",
            loss_text(best["default_loss"]),
        ]
        for method, best in result["best"].items()
    ]
    return [header, *rows]


def caption(result: dict[str, Any]) -> str:
    """What the table shows.

    Args:
        result: content of `tune.json`.
    """
    protocol = result["protocol"]
    return (
        f"{result['dataset']}: the best of {protocol['trials_of_a_method']} "
        f"trials of each method.{failures(result)} Loss: mean validation loss "
        f"of {protocol['networks_of_a_trial']} networks; loss before: with the "
        "values of the config, the first trial. Split "
        f"{protocol['split_seed']}, seed {protocol['seed']}, "
        f"{protocol['date']}. The least of several losses looks better than "
        "it is."
    )


def failures(result: dict[str, Any]) -> str:
    """How many trials failed, as a sentence; nothing if none did.

    Args:
        result: content of `tune.json`.
    """
    trials = result["trials"]
    count = sum(math.isinf(loss_of(trial)) for trial in trials)
    if not count:
        return ""
    return f" {counted(count, 'trial')} of {len(trials)} {FAILED}."


def loss_text(loss: float) -> str:
    """A loss; of a trial that failed, why it has none.

    Args:
        loss: float, which is not finite if it failed.
    """
    return f"{loss:.4f}" if math.isfinite(loss) else FAILED
