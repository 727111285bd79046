"""Search in a supernet."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.config.section import Section
from mtnas_tf.search.supernet.rewards import REWARDS


@dataclasses.dataclass(frozen=True, kw_only=True)
class SupernetConfig(Section):
    """Searches in a supernet, whatever their estimator.

    See `SearchModel.compile`.

    Args:
        epochs: of a search. The first `warmup_epochs` train weights alone.
        patience: a search ends when the validation loss of the network at its
            most probable route, weights inherited, has not improved for as
            many epochs, and keeps the best epoch's weights and routes; with
            `None` it takes all epochs and keeps the last.
        warmup_epochs: fewer than `epochs`.
        num_routes, route_learning_rate: arguments of the estimator; with
            `None` they are its own.
        reward: `"auc_sum"` or `"negative_loss"`.
    """

    key: ClassVar[str] = "search.supernet"

    epochs: int = 3
    patience: int | None = None
    warmup_epochs: int = 1
    num_routes: int | None = None
    route_learning_rate: float | None = None
    reward: str = "auc_sum"

    def check(self) -> None:
        check_ints(**self.values("epochs", "num_routes"))
        check_ints(0, **self.values("patience", "warmup_epochs"))
        check_positive(**self.values("route_learning_rate"))
        check_choices(REWARDS, **self.values("reward"))
        if self.warmup_epochs >= self.epochs:
            raise ValueError(
                "`search.supernet.warmup_epochs` must be fewer than "
                "`search.supernet.epochs`: no route would be learned. Received:"
                f" search.supernet.warmup_epochs={self.warmup_epochs}, "
                f"search.supernet.epochs={self.epochs}"
            )
