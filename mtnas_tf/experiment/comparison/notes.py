"""What has to be known of a comparison before its rows are read."""

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config.model_config import SUPERNETS
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import WEIGHTED
from mtnas_tf.experiment.route_search import blind_note
from mtnas_tf.experiment.tuned import SEARCHED
from mtnas_tf.experiment.tuned import tuned_weights


def notes_of(comparison: Comparison) -> list[str]:
    """Lines on what is left out, and on what searches and routes lack.

    Args:
        comparison: `Comparison`.
    """
    config = comparison.config
    notes = [
        f"{name} is left out: {why}" for name, why in comparison.unfit.items()
    ]
    if not config.search.compared:
        notes.append(
            f"{' and '.join(SUPERNETS)} are left out: routes are searched in "
            "them. `compare` without `--models` has rows of searches"
        )
    elif config.optim.balancing:
        notes.append(
            f"{config.optim.balancing} balances the baselines. Routes, whether "
            "searched, random or hand-made, and MMoE of equal cost are trained "
            "without it"
        )
    notes += _notes_on_weights(config)
    note = blind_note(config, comparison.schema.task_names)
    if CANDIDATES in config.search.compared and note is not None:
        notes.append(note)
    return notes


def _notes_on_weights(config: ExperimentConfig) -> list[str]:
    """Which methods are trained with loss weights; weights in scores."""
    notes = []
    tuned, baselines = tuned_weights(config), config.model.baselines
    for method in dict.fromkeys((SEARCHED, BASELINE, *baselines)):
        if method in tuned:
            weights = ", ".join(tuned[method]) or "1"
            notes.append(f"{method} is trained with loss weights {weights}")
    if config.optim.loss_weights:
        weights = ", ".join(config.optim.loss_weights)
        who = "All other methods" if tuned else "All methods"
        notes.append(f"{who} are trained with loss weights {weights}")
    if config.model.mmoe_loss_weights:
        weights = ", ".join(config.model.mmoe_loss_weights)
        notes.append(
            f"{WEIGHTED} is {BASELINE}, trained with loss weights {weights}"
        )
    if notes:
        notes[-1] += (
            ". Scores, losses and what is chosen by them are without weights"
        )
    if config.search.score_weights:
        weights = ", ".join(config.search.score_weights)
        notes.append(f"Tasks count in scores, and in choices, by {weights}")
    return notes
