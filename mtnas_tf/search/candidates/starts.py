"""Seeds of the fresh weights that trainings start from."""

SEEDS_PER_SEARCH = 1000


def searched_start(seed: int, number: int) -> int:
    """The start that a search trains candidates from.

    Args:
        seed: int >= 0. Of the search.
        number: int >= 0. Of the start, among those of the search.
    """
    return SEEDS_PER_SEARCH * (seed + 1) + number


def fresh_starts(seed: int, count: int) -> list[int]:
    """Starts of trainings beside a search: its own seed, then others.

    They differ from the starts of the search, for which its routes were
    selected.

    Args:
        seed: int >= 0. Of the search.
        count: int > 0.
    """
    first = searched_start(seed, SEEDS_PER_SEARCH // 2)
    return [seed, *range(first, first + count - 1)]
