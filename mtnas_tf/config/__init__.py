"""Configs of experiments: frozen values that the command line can override.

A config file is Python with `get_config() -> ExperimentConfig`, or with
`get_sweep() -> Sweep` for several of them. A run writes its resolved config as
JSON and can be repeated from it. Every section checks its values when it is
made, so that a wrong one is reported before anything is read or trained.
"""

from mtnas_tf.config.allocation_config import AllocationConfig
from mtnas_tf.config.base_config import BaseConfig
from mtnas_tf.config.candidates_config import CandidatesConfig
from mtnas_tf.config.config_digest import config_digest
from mtnas_tf.config.config_digest import values_without_places
from mtnas_tf.config.data_config import DataConfig
from mtnas_tf.config.experiment_config import ExperimentConfig
from mtnas_tf.config.loading import load_config
from mtnas_tf.config.loading import load_sweep
from mtnas_tf.config.model_config import ModelConfig
from mtnas_tf.config.optim_config import OptimConfig
from mtnas_tf.config.overrides import override
from mtnas_tf.config.overrides import with_section
from mtnas_tf.config.search_config import SearchConfig
from mtnas_tf.config.supernet_config import SupernetConfig
from mtnas_tf.config.sweep import Sweep
from mtnas_tf.config.table_config import TableConfig

__all__ = [
    "AllocationConfig",
    "BaseConfig",
    "CandidatesConfig",
    "DataConfig",
    "ExperimentConfig",
    "ModelConfig",
    "OptimConfig",
    "SearchConfig",
    "SupernetConfig",
    "Sweep",
    "TableConfig",
    "config_digest",
    "load_config",
    "load_sweep",
    "override",
    "values_without_places",
    "with_section",
]
