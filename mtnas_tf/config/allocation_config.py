"""Networks of components for images, and the allocations to compare."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_above
from mtnas_tf.arguments import check_at_least
from mtnas_tf.arguments import check_below
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.arguments import check_widths
from mtnas_tf.config.section import Section

ALLOCATIONS = ("learned", "retrained", "random", "shared_bottom", "separate")


@dataclasses.dataclass(frozen=True, kw_only=True)
class AllocationConfig(Section):
    """Networks of components, for data sets of images.

    The weights' learning rate is `optim.learning_rate`; of `optim` nothing else
    counts but `jit_compile`, and that only on a GPU: on a CPU XLA makes
    convolutions slower.

    Args:
        components: of every layer, see `AllocationNet`: operations of a
            component are joined by `|`. The last one has the layer's stride.
        strides: one a layer.
        num_filters, num_groups, dropout_rate, l2: see `AllocationNet`.
        initial_probability, initial_temperature, final_temperature, budget,
            budget_penalty, entropy_penalty, learning_rate_factor: see
            `AllocationNet`.
        num_rounds: of a training, a multiple of `rounds_per_epoch`.
        rounds_per_epoch: rounds between two looks at the validation images.
            The weights of the best look are kept.
        compared: what `compare` trains: `"learned"`, an allocation that is
            learned with the weights; `"retrained"`, the same from fresh
            weights; `"random"`, another that uses as many components;
            `"shared_bottom"`, all components for all tasks; and `"separate"`, a
            network with all components for each task.
    """

    key: ClassVar[str] = "allocation"

    components: tuple[str, ...] = (
        "conv3x3|conv3x3",
        "conv5x5|conv5x5",
        "conv7x7|conv7x7",
        "conv1x7|conv7x1",
        "maxpool3x3",
        "avgpool3x3",
        "identity",
    )
    strides: tuple[int, ...] = (2, 2, 1, 2, 2, 1, 2, 1)
    num_filters: int = 48
    num_groups: int = 4
    dropout_rate: float = 0.5
    l2: float = 3e-4
    initial_probability: float = 0.97
    initial_temperature: float = 50.0
    final_temperature: float = 0.5
    budget: float = 1.0
    budget_penalty: float = 0.0
    entropy_penalty: float = 0.0
    learning_rate_factor: float = 20.0
    num_rounds: int = 8000
    rounds_per_epoch: int = 250
    compared: tuple[str, ...] = ALLOCATIONS

    def check(self) -> None:
        check_widths(1, **self.values("strides"))
        check_ints(
            **self.values("num_filters", "num_groups"),
            **self.values("num_rounds", "rounds_per_epoch"),
        )
        check_fractions(**self.values("dropout_rate"))
        check_above(0, **self.values("initial_probability"))
        check_below(1, **self.values("initial_probability"))
        check_at_least(
            0,
            **self.values("l2", "budget", "budget_penalty", "entropy_penalty"),
        )
        check_positive(
            **self.values("initial_temperature", "final_temperature"),
            **self.values("learning_rate_factor"),
        )
        self.check_names("compared", ALLOCATIONS)
        needs_learned = {"retrained", "random"} & set(self.compared)
        if needs_learned and "learned" not in self.compared:
            raise ValueError(
                "`allocation.compared` must hold 'learned', whose components "
                f"{sorted(needs_learned)} use. "
                f"Received: allocation.compared={self.compared}"
            )
        if self.num_rounds % self.rounds_per_epoch:
            raise ValueError(
                "`allocation.num_rounds` must be a multiple of "
                "`allocation.rounds_per_epoch`. Received: "
                f"allocation.num_rounds={self.num_rounds}, "
                f"allocation.rounds_per_epoch={self.rounds_per_epoch}"
            )

    @property
    def num_epochs(self) -> int:
        """Looks at the validation images."""
        return self.num_rounds // self.rounds_per_epoch
