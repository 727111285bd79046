"""One experiment, repeated with some of its values changed."""

import dataclasses
import json
from collections.abc import Mapping
from collections.abc import Sequence

from mtnas_tf.config.experiment_config import ExperimentConfig
from mtnas_tf.config.overrides import override


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sweep:
    """One experiment, repeated with some of its values changed.

    Args:
        title: string.
        config: `ExperimentConfig` that all variants start from.
        variants: dict label -> overrides as of `load_config`. The first is
            the one that the others are compared with.
    """

    title: str
    config: ExperimentConfig
    variants: Mapping[str, Sequence[str]]

    def configs(self) -> dict[str, ExperimentConfig]:
        """Label -> the variant's config."""
        return {
            label: override(self.config, overrides)
            for label, overrides in self.variants.items()
        }

    def to_json(self) -> str:
        """Title and variants' configs as JSON."""
        configs = self.configs().items()
        variants = {name: dataclasses.asdict(each) for name, each in configs}
        return json.dumps({"title": self.title, "variants": variants}, indent=2)
