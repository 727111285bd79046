"""What is said of a value that its field cannot hold."""

from mtnas_preprocessing.field_spec import FieldSpec
from mtnas_preprocessing.raw_value import Value


def wrong_value(field: FieldSpec, content: str, value: Value) -> ValueError:
    """The error to raise.

    Args:
        field: `FieldSpec`.
        content: what the field must hold.
        value: what it holds, or an error that tells.
    """
    received = value if isinstance(value, Exception) else repr(value)
    return ValueError(
        f"Field `{field.name}` must hold {content}. Received: {received}"
    )
