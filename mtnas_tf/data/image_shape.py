"""The shape of the images of a schema."""

from collections.abc import Sequence

from mtnas_preprocessing import FieldSpec
from mtnas_tf.arguments import check_widths


def check_image_shape(
    image_shape: Sequence[int], fields: Sequence[FieldSpec]
) -> tuple[int, ...]:
    """The shape, if it is one of images that come without fields.

    Args:
        image_shape: see `DatasetSchema`.
        fields: of the same schema.

    Raises:
        ValueError: it names the argument.

    Example:
    >>> check_image_shape([28, 28, 1], ())
    (28, 28, 1)
    """
    if fields:
        names = [field.name for field in fields]
        raise ValueError(
            f"`fields` must be empty beside images. Received: fields={names}"
        )
    check_widths(3, image_shape=image_shape)
    if len(image_shape) != 3:
        raise ValueError(
            "`image_shape` must be (height, width, channels). "
            f"Received: image_shape={tuple(image_shape)}"
        )
    return tuple(image_shape)
