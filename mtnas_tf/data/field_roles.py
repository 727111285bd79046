"""What models read some fields for."""

from collections.abc import Collection
from collections.abc import Mapping
from collections.abc import Sequence

from mtnas_preprocessing import FieldSpec


def check_roles(
    fields: Sequence[FieldSpec],
    domain: str | None,
    entities: Sequence[str],
    sequences: Mapping[str, str],
) -> None:
    """Refuses names of fields that cannot play their role.

    Args:
        fields: `FieldSpec`s of a schema.
        domain: see `DatasetSchema`.
        entities: see `DatasetSchema`.
        sequences: see `DatasetSchema`.

    Raises:
        ValueError: it names the argument.

    Example:
    >>> check_roles([FieldSpec(name="user")], "tab", (), {})
    Traceback (most recent call last):
    ValueError: `domain` must name an embedded field of one value a row, one \
of ['user']. Received: domain='tab'
    """
    embedded = [field for field in fields if field.is_embedded]
    single = [field.name for field in embedded if field.max_length is None]
    lists = [f.name for f in embedded if f.max_length is not None]
    if domain is not None:
        _check("domain", domain, single, "field of one value a row")
    for name in entities:
        _check("entities", name, [f.name for f in embedded], "field")
    if len(set(entities)) < len(entities):
        raise ValueError(
            f"`entities` must be distinct. Received: entities={entities}"
        )
    for name, target in sequences.items():
        _check("sequences", name, lists, "field that holds lists")
        _check("sequences", target, single, "field of one value a row")


def _check(
    argument: str, name: object, known: Collection[str], rule: str
) -> None:
    if name not in known:
        raise ValueError(
            f"`{argument}` must name an embedded {rule}, one of {known}. "
            f"Received: {argument}={name!r}"
        )
