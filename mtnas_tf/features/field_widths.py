"""Widths of the embeddings of single fields."""

from collections.abc import Mapping
from collections.abc import Sequence

from keras import ops

from mtnas_tf.arguments import check_ints
from mtnas_tf.data import DatasetSchema
from mtnas_tf.types import EmbeddingDim
from mtnas_tf.types import Tensor

DEFAULT_WIDTH = 10


def field_widths(
    schema: DatasetSchema, embedding_dim: EmbeddingDim
) -> int | Sequence[int]:
    """Widths by name, in the order of a schema's embedded fields.

    Args:
        schema: `DatasetSchema`.
        embedding_dim: dict field name -> int > 0; a field that it leaves out
            has 10. An int or a sequence is returned as it is.

    Raises:
        ValueError: for a name of no embedded field, or a wrong width.

    Example:
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=tuple(
    ...         mt.data.FieldSpec(name=name) for name in ("user", "tab")
    ...     ),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ... )
    >>> field_widths(schema, {"tab": 2})
    (10, 2)
    """
    if not isinstance(embedding_dim, Mapping):
        return embedding_dim
    names = [field.name for field in schema.preprocessor.id_fields]
    for name, width in embedding_dim.items():
        if name not in names:
            raise ValueError(
                "`embedding_dim` must name embedded fields, some of "
                f"{names}. Received: {name!r} among them"
            )
        check_ints(**{f"embedding_dim[{name!r}]": width})
    return tuple(embedding_dim.get(name, DEFAULT_WIDTH) for name in names)


def cut_to_widths(embeddings: Tensor, widths: Sequence[int]) -> Tensor:
    """Concatenates embeddings, each as wide as its field's.

    Args:
        embeddings: `(..., fields, dim)`; `dim` is the largest width.
        widths: an int for each field.

    Returns:
        `(..., sum(widths))`.

    Example:
    >>> cut_to_widths(np.arange(6).reshape(1, 2, 3), (3, 1)).numpy()
    array([[0, 1, 2, 3]])
    """
    if len(set(widths)) == 1:
        outer = embeddings.shape[1:-2]
        return ops.reshape(embeddings, (-1, *outer, sum(widths)))
    parts = [embeddings[..., i, :width] for i, width in enumerate(widths)]
    return ops.concatenate(parts, axis=-1)
