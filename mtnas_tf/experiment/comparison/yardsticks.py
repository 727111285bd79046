"""What the methods of a comparison are measured by."""

from mtnas_tf.experiment import building
from mtnas_tf.experiment import runner
from mtnas_tf.experiment.comparison.comparison import Comparison
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.new_baseline import new_baseline
from mtnas_tf.experiment.tuned import with_tuned


def dense_target(comparison: Comparison) -> int:
    """Dense parameters that baselines get; 0 for the config's width.

    Args:
        comparison: `Comparison`, all searches made.
    """
    config = comparison.config
    if not config.model.match_parameters:
        return 0
    if config.search.compared:
        return comparison.made.dense_target
    baseline = new_baseline(
        BASELINE, with_tuned(config, BASELINE), comparison.schema
    )
    return int(baseline.sizes()["num_parameters"]["dense"])


def seconds_of_baseline(comparison: Comparison) -> float:
    """Seconds of one training of the baseline, as a user would run it.

    Args:
        comparison: `Comparison`.
    """
    data = next(iter(comparison.data.values()))
    config = with_tuned(comparison.config, BASELINE)
    model = building.build_model(BASELINE, config, comparison.schema)
    return runner.train(model, config, data, verbose=0).seconds
