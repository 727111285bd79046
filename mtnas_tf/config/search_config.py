"""Search of the route."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.config.candidates_config import CandidatesConfig
from mtnas_tf.config.section import Section
from mtnas_tf.config.supernet_config import SupernetConfig
from mtnas_tf.config.task_weights import weights_by_task
from mtnas_tf.search.supernet.estimators import ESTIMATORS

CANDIDATES = "candidates"  # the search that is in no supernet
PAPER_SETTING = "paper_setting"  # the paper's search in the paper's shape
AUTO_MTL = "auto_mtl"  # in a supernet of its own, by PROGRESSIVE
PROGRESSIVE = "progressive"  # the estimator that freezes blocks
COMPARED = (CANDIDATES, *ESTIMATORS, PAPER_SETTING)
METHODS = (CANDIDATES, *ESTIMATORS, AUTO_MTL)
WEIGHTS = ("inherit", "finetune", "retrain")
SCORE_WEIGHTS = "search.score_weights"
BY_PRECISION = ("precision",)  # `score_weights`


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchConfig(Section):
    """Search of the route.

    Args:
        method: how `mtnas search` searches: `"candidates"` (networks trained by
            themselves), in a supernet, by the name of an estimator of
            `mtnas_tf.search.supernet.estimators`, or `"auto_mtl"`, in the
            supernet `AutoMTL` by the estimator `"progressive"`.
        compared: how `compare` searches: names as `method` has, but
            `"auto_mtl"`, whose routes are of another space; and
            `"paper_setting"` (the paper's search in the paper's shape, see
            `configs/paper.py`, whatever the rest of the config says). Without
            any it trains the baselines alone.
        weights: initial weights of the network found in a supernet:
            `"inherit"` (the supernet's weights), `"finetune"` (trained further)
            or `"retrain"` (fresh).
        score_weights: entries `task:weight`, how much tasks count in the score
            that networks are chosen and compared by, 1 if not named; or
            `"precision"` alone, see `mt.search.precision_weights`.
        candidates: see `CandidatesConfig`.
        supernet: see `SupernetConfig`.
    """

    key: ClassVar[str] = "search"

    method: str = CANDIDATES
    compared: tuple[str, ...] = (CANDIDATES, "reinforce")
    weights: str = "retrain"
    score_weights: tuple[str, ...] = ()
    candidates: CandidatesConfig = CandidatesConfig()
    supernet: SupernetConfig = SupernetConfig()

    def check(self) -> None:
        check_choices(METHODS, **self.values("method"))
        self.check_names("compared", COMPARED)
        check_choices(WEIGHTS, **self.values("weights"))
        if self.score_weights != BY_PRECISION:
            weights_by_task(SCORE_WEIGHTS, self.score_weights)
        self.check_widths_of(self.method)

    def check_widths_of(self, *methods: str) -> None:
        """Refuses widths of sub-networks beside a search in a supernet.

        Args:
            *methods: names of searches.
        """
        others = sorted(set(methods) - {CANDIDATES})
        if self.candidates.subnetwork_units and others:
            raise ValueError(
                "`search.candidates.subnetwork_units` must be empty beside a "
                "search in a supernet, whose sub-networks have one width. "
                f"Received: {', '.join(others)} beside "
                f"{self.candidates.subnetwork_units}"
            )
