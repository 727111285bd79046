"""Sizes of the sharing methods."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.config.section import Section
from mtnas_tf.config.task_weights import weights_by_task
from mtnas_tf.layers.search_block_bank import AGGREGATIONS
from mtnas_tf.layers.stem import ROOT_QUERIES
from mtnas_tf.models import MODELS
from mtnas_tf.routes.route_space import QUERY_SCOPES

SUPERNETS = ("mtnas", "auto_mtl")  # the models that are no baselines


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig(Section):
    """Sizes of the sharing methods, and the methods to compare with.

    Args:
        num_layers, num_subnetworks, units, query_scope, root_query,
            aggregation, dedup_singletons, merge_singletons: of the supernet,
            see `MTNAS`.
        baselines: names of the zoo that `compare` trains beside the search.
        match_parameters: whether the widths of the baselines are chosen so
            that their dense parameters are as many as the derived network's;
            they have the supernet's units otherwise.
        mmoe_recipes: names of further base nets that `compare` trains MMoE
            with, see `mtnas_tf.experiment.comparison.recipes`.
        mmoe_loss_weights: entries `task:weight`: `compare` trains MMoE with
            these loss weights, too, as the baseline `mmoe_weighted`.
    """

    key: ClassVar[str] = "model"

    num_layers: int = 2
    num_subnetworks: int = 4
    units: int = 64
    query_scope: str = "prev"
    root_query: str = "features"
    aggregation: str = "gate"
    dedup_singletons: bool = False
    merge_singletons: bool = True
    baselines: tuple[str, ...] = (
        "single_task",
        "shared_bottom",
        "mmoe",
        "ml_mmoe",
    )
    match_parameters: bool = True
    mmoe_recipes: tuple[str, ...] = ()
    mmoe_loss_weights: tuple[str, ...] = ()

    def check(self) -> None:
        check_ints(**self.values("num_layers", "num_subnetworks", "units"))
        check_choices(QUERY_SCOPES, **self.values("query_scope"))
        check_choices(ROOT_QUERIES, **self.values("root_query"))
        check_choices(AGGREGATIONS, **self.values("aggregation"))
        self.check_names("baselines", set(MODELS) - set(SUPERNETS))
        key = f"{self.key}.mmoe_loss_weights"
        weights_by_task(key, self.mmoe_loss_weights)
