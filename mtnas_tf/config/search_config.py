"""Search of the route."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.config.candidates_config import CandidatesConfig
from mtnas_tf.config.section import Section
from mtnas_tf.config.supernet_config import SupernetConfig
from mtnas_tf.search.supernet.estimators import ESTIMATORS

CANDIDATES = "candidates"  # the search that is in no supernet
PAPER_SETTING = "paper_setting"  # the paper's search in the paper's shape
METHODS = (CANDIDATES, *ESTIMATORS)
WEIGHTS = ("inherit", "finetune", "retrain")


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchConfig(Section):
    """Search of the route.

    Args:
        method: how `mtnas search` searches: `"candidates"` (networks trained by
            themselves), or in a supernet, by the name of an estimator of
            `mtnas_tf.search.supernet.estimators`.
        compared: how `compare` searches: names as `method` has, and
            `"paper_setting"` (the paper's search in the paper's shape, see
            `configs/paper.py`, whatever the rest of the config says). Without
            any it trains the baselines alone.
        weights: initial weights of the network found in a supernet:
            `"inherit"` (the supernet's weights), `"finetune"` (trained further)
            or `"retrain"` (fresh).
        candidates: see `CandidatesConfig`.
        supernet: see `SupernetConfig`.
    """

    key: ClassVar[str] = "search"

    method: str = CANDIDATES
    compared: tuple[str, ...] = (CANDIDATES, "reinforce")
    weights: str = "retrain"
    candidates: CandidatesConfig = CandidatesConfig()
    supernet: SupernetConfig = SupernetConfig()

    def check(self) -> None:
        check_choices(METHODS, **self.values("method"))
        self.check_names("compared", (*METHODS, PAPER_SETTING))
        check_choices(WEIGHTS, **self.values("weights"))
