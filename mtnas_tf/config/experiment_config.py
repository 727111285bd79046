"""Everything that determines a run."""

import dataclasses
import json
from pathlib import Path

from mtnas_tf.arguments import check_ints
from mtnas_tf.config.allocation_config import AllocationConfig
from mtnas_tf.config.base_config import BaseConfig
from mtnas_tf.config.data_config import DataConfig
from mtnas_tf.config.fields import from_dict
from mtnas_tf.config.model_config import ModelConfig
from mtnas_tf.config.optim_config import OptimConfig
from mtnas_tf.config.search_config import SearchConfig
from mtnas_tf.config.table_config import TableConfig


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExperimentConfig:
    """Everything that determines a run.

    Example:
    >>> config = ExperimentConfig(optim=OptimConfig(epochs=1))
    >>> ExperimentConfig.from_json(config.to_json()) == config
    True
    """

    data: DataConfig = DataConfig()
    table: TableConfig = TableConfig()
    base: BaseConfig = BaseConfig()
    model: ModelConfig = ModelConfig()
    optim: OptimConfig = OptimConfig()
    search: SearchConfig = SearchConfig()
    allocation: AllocationConfig = AllocationConfig()
    seed: int = 0

    def __post_init__(self) -> None:
        check_ints(0, seed=self.seed)

    @property
    def dataset(self) -> str:
        """Name of the data set or table."""
        if self.table.path is None:
            return self.data.name
        return Path(self.table.path).name

    def to_json(self) -> str:
        """The config as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "ExperimentConfig":
        """The inverse of `to_json`."""
        config: ExperimentConfig = from_dict(cls, json.loads(text))
        return config
