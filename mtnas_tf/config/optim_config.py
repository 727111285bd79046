"""Training of weights."""

import dataclasses
import math
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.balancing import BALANCINGS
from mtnas_tf.config.section import Section
from mtnas_tf.config.task_weights import weights_by_task

SEMANTICS = ("exact", "lazy")


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimConfig(Section):
    """Training of weights. See `SparseAdam`.

    Training stops when the validation loss has not improved for `patience`
    epochs, and keeps the best epoch's weights. `balancing` is a name of
    `mtnas_tf.balancing`; a search takes none. `loss_weights` has entries
    `task:weight`, of tasks whose loss does not weigh 1; every method is trained
    with them, and none is evaluated or chosen by them. `tuned` is a `tune.json`
    that `mtnas tune` wrote: every method then takes its own learning rate and
    weight decay from there, and `loss_weights`, if they were added to its
    values by hand.
    """

    key: ClassVar[str] = "optim"

    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    semantics: str = "exact"
    balancing: str | None = None
    loss_weights: tuple[str, ...] = ()
    epochs: int = 3
    patience: int = 1
    jit_compile: bool = True
    tuned: str | None = None

    def check(self) -> None:
        check_positive(**self.values("learning_rate"))
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(
                "`optim.weight_decay` must be a finite number of at least 0. "
                f"Received: optim.weight_decay={self.weight_decay}"
            )
        check_choices(SEMANTICS, **self.values("semantics"))
        check_choices(sorted(BALANCINGS), **self.values("balancing"))
        check_ints(**self.values("epochs"))
        check_ints(0, **self.values("patience"))
        _ = self.weight_by_task

    @property
    def weight_by_task(self) -> dict[str, float]:
        """Task -> weight, of `loss_weights`."""
        return weights_by_task(f"{self.key}.loss_weights", self.loss_weights)
