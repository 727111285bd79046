"""The check of arguments that have a least value."""


def check_at_least(**bounds: tuple[float, float]) -> None:
    """Raises `ValueError` for the first argument that is too small.

    Args:
        **bounds: the argument's name -> its value and the least allowed.
    """
    for name, (value, least) in bounds.items():
        if value < least:
            raise ValueError(
                f"`{name}` must be at least {least}. Received: {name}={value}"
            )
