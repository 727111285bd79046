"""The config of a comparison of methods, without a search."""

from collections.abc import Sequence

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.model_config import SUPERNETS
from mtnas_tf.models import MODELS

ALL = "all"


def methods_only(
    config: ExperimentConfig, models: Sequence[str], num_seeds: int
) -> ExperimentConfig:
    """A config whose comparison trains methods once a pair, and no search.

    Args:
        config: `ExperimentConfig`.
        models: names of the zoo, or `("all",)`: all but supernets.
        num_seeds: int > 0. Pairs on every split, which are trained side by side
            where a method can be.

    Raises:
        ValueError: for an unknown name.
    """
    names = tuple(models)
    if names == (ALL,):
        names = tuple(name for name in MODELS if name not in SUPERNETS)
    places = min(config.search.candidates.num_places, max(num_seeds, 1))
    config = with_section(config, "model", baselines=names, mmoe_recipes=())
    config = with_section(config, "search", compared=())
    return with_section(config, "search.candidates", num_places=places)
