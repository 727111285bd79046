"""The experiment of `mtnas quickstart`: a few minutes on two cores."""

from mtnas_tf.config import CandidatesConfig
from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig

# Of the tasks of `synthetic_log`: those of a group have one function.
PLANTED_GROUPS = (("click", "purchase"), ("like", "share"))


def get_config(seed: int = 0) -> ExperimentConfig:
    """The experiment.

    Args:
        seed: int from 0 to 9. Of the data, the search and the starts. Defaults
            to `0`.
    """
    return ExperimentConfig(
        data=DataConfig(name=f"synthetic_log/seed{seed}", batch_size=512),
        model=ModelConfig(
            num_layers=1,
            units=16,
            baselines=("mmoe", "shared_bottom", "single_task"),
        ),
        optim=OptimConfig(learning_rate=2e-2, epochs=20, patience=8),
        search=SearchConfig(
            compared=("candidates",),
            # Given routes, then what the strategy makes of their scores. Routes
            # differ by more than starts: none is trained again.
            candidates=CandidatesConfig(
                num_places=6,
                num_rounds=2,
                num_final_rounds=0,
                num_retrainings=12,
            ),
        ),
        seed=seed,
    )
