"""Sentences about the times of steps, with numbers from results."""

from collections.abc import Iterator

import numpy as np

from benchmarks.cost.counts import num_search_gate_weights
from benchmarks.cost.counts import num_supernet_weights
from benchmarks.cost.sizes import FACTORS
from benchmarks.cost.sizes import STEPS
from benchmarks.cost.sizes import short
from benchmarks.cost.step_rows import CostSteps
from benchmarks.cost.step_rows import step_ms


def findings(steps: CostSteps) -> Iterator[str]:
    """A sentence or two each."""
    yield _about_centre(steps)
    yield from (_about_bounds(steps, step) for step in STEPS)
    yield _about_largest(steps)
    yield _about_products(steps)
    yield _about_vocabulary(steps)
    yield from (_about_batch(steps, step) for step in STEPS)
    yield _about_routes(steps)
    yield _about_gates(steps)
    yield _about_others(steps)


def _about_centre(steps: CostSteps) -> str:
    training, search = (step_ms(steps.centre(step)) for step in STEPS)
    smallest, smallest_search = (steps.fixed_ms(step) for step in STEPS)
    return (
        f"At the centre a training step takes {training:.2f} ms and a search "
        f"step {search:.2f} ms; with the smallest model, {smallest:.2f} and "
        f"{smallest_search:.2f} ms."
    )


def _about_bounds(steps: CostSteps, step: str) -> str:
    row = steps.centre(step)
    bounds = row["arithmetic_ms"] + row["memory_ms"]
    share = (bounds + steps.fixed_ms(step)) / step_ms(row)
    return (
        f"The centre's {step} step has {row['gflop']:.2f} Gflop to compute, "
        f"{row['arithmetic_ms']:.2f} ms at the best rate, and "
        f"{row['memory_ms']:.2f} ms to move. With the smallest model's time "
        f"added, that is {share:.0%} of what is measured; what is left are "
        "products below the best rate and all that the bounds leave out."
    )


def _about_largest(steps: CostSteps) -> str:
    sentences = []
    for step in STEPS:
        rows = steps.distinct(step)
        by_memory = sum(r["memory_ms"] > r["arithmetic_ms"] for r in rows)
        by_fixed = sum(r["largest"] == "fixed" for r in rows)
        sentences.append(
            f"Of {len(rows)} {step} points, {by_memory} have a higher bound by "
            f"memory than by arithmetic; at {by_fixed} the smallest model's "
            "step takes longer than both bounds."
        )
    return " ".join(sentences)


def _about_products(steps: CostSteps) -> str:
    shapes = [
        n.split()[2] for n in steps.section["cost_limits"] if "xla m" in n
    ]
    rates = "; ".join(
        f"{shape}: {steps.limit(f'xla matmul {shape}'):.0f} and "
        f"{steps.limit(f'numpy matmul {shape}'):.0f}"
        for shape in shapes
    )
    return (
        "Gflop/s that XLA and NumPy reach in products of one shape, the "
        f"centre's two layers last: {rates}."
    )


def _about_vocabulary(steps: CostSteps) -> str:
    smallest, *_, largest = steps.of_factor("training", "vocabulary")
    return (
        f"A table of {short(largest['value'])} rows in place of "
        f"{short(smallest['value'])} multiplies a training step by "
        f"{steps.growth('training', 'vocabulary'):.2f} and a search step by "
        f"{steps.growth('search', 'vocabulary'):.2f}: a step visits its "
        "batch's rows, not the table."
    )


def _about_batch(steps: CostSteps, step: str) -> str:
    smallest, *_, largest = steps.of_factor(step, "batch_size")
    each = [1e3 * step_ms(row) / row["value"] for row in (smallest, largest)]
    times = largest["value"] / smallest["value"]
    return (
        f"{times:.0f} times the batch multiplies a {step} step by "
        f"{steps.growth(step, 'batch_size'):.1f}: a row costs {each[0]:.2f} "
        f"µs in batches of {smallest['value']} and {each[1]:.2f} µs in batches "
        f"of {largest['value']}."
    )


def _about_routes(steps: CostSteps) -> str:
    rows = steps.of_factor("search", "num_routes")
    routes = [row["value"] for row in rows]
    slope, offset = np.polyfit(routes, [step_ms(row) for row in rows], 1)
    bound = [row["arithmetic_ms"] + row["memory_ms"] for row in rows]
    bound_slope, _ = np.polyfit(routes, bound, 1)
    return (
        f"A search step takes about {offset:.2f} ms plus {slope:.2f} ms for "
        f"each route that it scores (least squares, {routes[0]} to "
        f"{routes[-1]} routes); of a route's time, both bounds together are "
        f"{bound_slope:.2f} ms."
    )


def _about_gates(steps: CostSteps) -> str:
    parts = []
    growth = steps.growth("training", "num_subnetworks")
    for row in steps.of_factor("search", "num_subnetworks"):
        point = steps.point("search", num_subnetworks=row["value"])
        weights = num_supernet_weights(point)
        share = num_search_gate_weights(point) / weights
        parts.append(
            f"{row['value']} sub-networks: {weights / 1e6:.2f} M dense weights,"
            f" {share:.0%} of them in gates, {step_ms(row):.2f} ms"
        )
    return (
        "A block has a gate for every subset of sub-networks and every query, "
        f"so a search grows with their number ({'; '.join(parts)}). From the "
        f"first to the last a training step is multiplied by {growth:.1f}."
    )


def _about_others(steps: CostSteps) -> str:
    parts = []
    for factor in ("num_layers", "num_tasks", "num_fields"):
        first, *_, last = steps.of_factor("training", factor)
        growths = (steps.growth(step, factor) for step in STEPS)
        parts.append(
            f"{first['value']} to {last['value']} {FACTORS[factor]}: "
            + " and ".join(f"{growth:.1f}" for growth in growths)
        )
    return (
        "What training and search steps are multiplied by, from "
        f"{'; from '.join(parts)}."
    )
