"""The base net, the same in every model."""

import dataclasses
from typing import ClassVar

from mtnas_tf.arguments import check_choices
from mtnas_tf.arguments import check_fractions
from mtnas_tf.arguments import check_ints
from mtnas_tf.arguments import check_positive
from mtnas_tf.config.section import Section
from mtnas_tf.layers.bank_normalization import KINDS
from mtnas_tf.layers.gate import GATE_NORMALIZATIONS


@dataclasses.dataclass(frozen=True, kw_only=True)
class BaseConfig(Section):
    """The base net's shape, the same in every model. See `MultiTaskModel`.

    `field_widths` has entries `field:width`, for fields whose embeddings are
    not `embedding_dim` wide. `table_stddev` is the standard deviation of the
    table's initializer.
    """

    key: ClassVar[str] = "base"

    embedding_dim: int = 10
    field_widths: tuple[str, ...] = ()
    stem_units: int | None = None
    normalization: str | None = "layer"
    gate_normalization: str | None = "batch"
    dropout_rate: float = 0.0
    table_stddev: float = 1e-4

    def check(self) -> None:
        check_ints(**self.values("embedding_dim", "stem_units"))
        check_choices((None, *KINDS), **self.values("normalization"))
        check_choices(GATE_NORMALIZATIONS, **self.values("gate_normalization"))
        check_fractions(**self.values("dropout_rate"))
        check_positive(**self.values("table_stddev"))
        for entry in self.field_widths:
            field, _, width = entry.rpartition(":")
            if not field or not width.isdecimal() or int(width) < 1:
                raise ValueError(
                    "`base.field_widths` must hold entries such as user_id:32. "
                    f"Received: {entry!r}"
                )

    @property
    def width_by_field(self) -> dict[str, int]:
        """Field -> width, of `field_widths`."""
        entries = [entry.rpartition(":") for entry in self.field_widths]
        return {field: int(width) for field, _, width in entries}
