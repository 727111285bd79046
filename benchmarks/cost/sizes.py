"""The kinds of steps, and the sizes that change, by name."""

STEPS = ("training", "search")
FACTORS = {
    "num_fields": "fields",
    "batch_size": "rows of a batch",
    "vocabulary": "rows of the table",
    "num_subnetworks": "sub-networks a layer",
    "num_layers": "layers",
    "num_tasks": "tasks",
    "num_routes": "routes a step",
}


def short(number: int) -> str:
    """A round number as few characters."""
    for size, suffix in ((10**6, "M"), (10**3, "k")):
        if number >= size and number % size == 0:
            return f"{number // size}{suffix}"
    return str(number)
