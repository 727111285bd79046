import dataclasses
import math
import pathlib
import re

import numpy as np
import pytest
import tensorflow as tf

import mtnas_tf as mt
from benchmarks.cost import limits_subject as cost_limits
from benchmarks.cost import page as cost_page
from benchmarks.cost import plots as cost_plots
from benchmarks.cost import section as cost
from benchmarks.cost import steps_subject as cost_steps
from benchmarks.cost.counts import Product
from benchmarks.cost.counts import num_expert_weights
from benchmarks.cost.counts import num_supernet_weights
from benchmarks.cost.counts import search_counts
from benchmarks.cost.counts import training_counts
from benchmarks.cost.point import CostPoint
from benchmarks.cost.roofline import Roofline
from benchmarks.harness import processes
from benchmarks.harness.measurement import Measurement
from benchmarks.settings import Settings

SETTINGS = Settings(rounds=2, is_smoke=False, log_dir=pathlib.Path("none"))
SMALL = CostPoint(
    num_fields=5,
    batch_size=6,
    vocabulary=60,
    num_subnetworks=3,
    num_layers=2,
    num_routes=2,
    num_tasks=2,
    reward_batch_size=4,
    units=7,
    embedding_dim=2,
)
NAME = re.compile(r"%[\w.-]+")
# The shapes of a product and of its left operand, the axes summed over.
DOT = re.compile(
    r"= \w+\[([\d,]*)\]\S* dot\(\w+\[([\d,]*)\]"
    r".*lhs_contracting_dims={([\d,]*)}"
)


@pytest.fixture
def subjects(monkeypatch):
    """Replaces processes by made-up figures; the subjects measured."""
    subjects = []

    def measure(found, rounds, log_dir, ready_seconds):
        subjects.extend(found)
        return [
            Measurement(x.name, rounds=[figures_of(x)] * rounds) for x in found
        ]

    monkeypatch.setattr(processes, "measure", measure)
    return subjects


def figures_of(subject):
    if subject.name == "limits":
        return limits_of(subject.config)
    # A step takes as long as its batch is large, in ms.
    return {
        name: float(point["batch_size"])
        for name, point in subject.config["points"].items()
    }


def limits_of(config):
    figures = {f"numpy copy {size}": 10.0 for size in config["copy_bytes"]}
    for m, k, n in config["shapes"]:
        figures[f"numpy matmul {m}x{k}x{n}"] = 400.0
        figures[f"xla matmul {m}x{k}x{n}"] = 40.0
    for rows in config["vocabularies"]:
        figures[f"numpy gather {rows}"] = 0.2
        figures[f"xla scatter {rows}"] = 0.1
    return figures


def row_of(results, step, factor, value):
    (row,) = (
        row
        for row in results["rows"]
        if (row["step"], row["factor"], row["value"]) == (step, factor, value)
    )
    return row


def test_rows_hold_times_and_bounds(subjects):
    results = cost.run(SETTINGS)
    row = row_of(results, "training", "batch_size", 2048)
    assert row["step_ms"] == {"median": 2048.0, "spread": [2048.0, 2048.0]}
    counts = training_counts(CostPoint(batch_size=2048))
    assert row["arithmetic_ms"] == pytest.approx(counts.flops / 400e6)
    lookups = 3 * 2048 * 12
    table_ms = lookups / 0.2e6 + lookups / 0.1e6
    assert row["table_ms"] == pytest.approx(table_ms)
    stream_ms = sum(counts.streams) / 10e6
    assert row["memory_ms"] == pytest.approx(table_ms + stream_ms)
    assert row["largest"] == "memory"
    assert results["cost_fixed_ms"]["search"]["median"] == 2.0


def test_one_size_changes_at_a_time(subjects):
    cost.run(SETTINGS)
    training, search, _ = (subject.config for subject in subjects)
    for points in (training["points"], search["points"]):
        smallest = points.pop(cost.SMALLEST_NAME)
        assert smallest["units"] == 1
        centre = points.pop(cost.CENTRE)
        for name, point in points.items():
            changed = {k: v for k, v in point.items() if v != centre[k]}
            ((factor, value),) = changed.items()
            assert name == f"{factor} {value}"
    assert len(training["points"]) == 15
    assert len(search["points"]) == 19


def test_a_product_counts_what_it_computes_and_moves():
    product = Product(2, 3, 5, count=7)
    assert product.flops == 7 * 2 * 2 * 3 * 5
    assert product.num_bytes == 7 * 4 * (6 + 15 + 10)


@pytest.mark.parametrize("num_layers", [1, 2, 3])
def test_weights_are_those_of_the_models(num_layers):
    point = dataclasses.replace(SMALL, num_layers=num_layers)
    data = cost_steps._data(point, num_examples=8)
    sizes = {
        "num_layers": num_layers,
        "embedding_dim": point.embedding_dim,
    }
    experts = mt.models.MLMMoE(
        data.schema,
        num_experts=point.num_subnetworks,
        hidden_units=(point.units,),
        **sizes,
    )
    supernet = mt.models.MTNAS(
        data.schema,
        num_subnetworks=point.num_subnetworks,
        units=point.units,
        **sizes,
    )
    assert num_dense_weights(experts) == num_expert_weights(point)
    assert num_dense_weights(supernet) == num_supernet_weights(point)


def num_dense_weights(model):
    return sum(
        math.prod(weight.shape)
        for weight in model.trainable_weights
        if weight is not model.encoder.table
    )


# Mixes count as products, but are compiled as sums.
BLOCK_MIX = 2 * SMALL.num_subnetworks * SMALL.units
TASK_MIX = 2 * SMALL.num_subnetworks * SMALL.num_tasks


@pytest.mark.parametrize(
    ("make", "count", "num_layers", "mixes"),
    [
        (
            cost_steps._training,
            training_counts,
            1,
            3 * SMALL.batch_size * SMALL.num_tasks * BLOCK_MIX,
        ),
        pytest.param(
            cost_steps._search,
            search_counts,
            2,
            (3 * SMALL.batch_size + SMALL.num_routes * SMALL.reward_batch_size)
            * (SMALL.num_subnetworks * BLOCK_MIX + TASK_MIX),
            marks=pytest.mark.slow,
        ),
    ],
)
def test_products_are_those_of_the_step(make, count, num_layers, mixes):
    point = dataclasses.replace(SMALL, num_layers=num_layers)
    model, batches = make(point, cost_steps._data(point, num_examples=8))
    step = tf.function(lambda batch: model.train_step(batch), jit_compile=True)
    hlo = step.experimental_get_compiler_ir(next(iter(batches)))(stage="hlo")
    assert dot_flops(hlo) + mixes == count(point).flops


def dot_flops(hlo):
    total = 0
    for line in used_lines(hlo):
        if found := DOT.search(line):
            result, left, axes = (sizes(part) for part in found.groups())
            inner = math.prod(left[axis] for axis in axes)
            total += 2 * math.prod(result) * inner
    return total


def used_lines(hlo):
    """Without gradients of constants, which the compiler drops."""
    lines = {}
    roots = []
    for line in hlo.splitlines():
        if " = " in line:
            name, *operands = NAME.findall(line)
            lines[name] = (line, operands)
            if line.strip().startswith("ROOT"):
                roots.append(name)
    while roots:
        line, operands = lines.pop(roots.pop(), ("", []))
        yield line
        roots += operands


def sizes(text):
    return [int(part) for part in text.split(",") if part]


def test_the_roofline_takes_the_best_rates():
    rounds = [
        {
            "numpy copy 100": 4.0,
            "threads copy 100": 8.0,
            "numpy copy 1000": 2.0,
            "numpy matmul 1x1x1": 5.0,
            "xla matmul 2x2x2": 7.0,
            "numpy gather 9": 0.5,
            "xla scatter 9": 0.25,
        }
    ]
    rounds.append({name: rate / 2 for name, rate in rounds[0].items()})
    roofline = Roofline.from_measurement(Measurement("x", rounds=rounds))
    counts = cost.StepCounts(
        flops=70, streams=(8, 160, 2000), gathered_rows=5, scattered_rows=1
    )
    assert roofline.arithmetic_ms(counts) == pytest.approx(10e-6)
    assert roofline.stream_ms(counts) == pytest.approx(1021e-6)
    assert roofline.table_ms(counts, 9) == pytest.approx(14e-6)


def test_limits_are_measured():
    limits = cost_limits.build(
        {
            "copy_bytes": [64],
            "shapes": [[2, 3, 4]],
            "vocabularies": [12, 24],
            "num_lookups": 24,
            "seconds": 0,
        }
    )
    figures = limits()
    assert list(figures) == [
        "numpy copy 64",
        "threads copy 64",
        "numpy matmul 2x3x4",
        "xla matmul 2x3x4",
        *(
            f"{library} {kind} {rows}"
            for rows, prefixes in ((12, [""]), (24, ["", "random-"]))
            for prefix in prefixes
            for library in ("numpy", "xla")
            for kind in (f"{prefix}gather", f"{prefix}scatter")
        ),
    ]
    assert np.all(np.array(list(figures.values())) > 0)


@pytest.mark.slow
def test_figures_of_a_full_run_alone(subjects, tmp_path):
    section = cost.run(SETTINGS)
    with pytest.raises(ValueError, match="must come from a full run"):
        cost_plots.write({**section, "is_smoke": True}, tmp_path)
    assert not list(tmp_path.iterdir())
    cost_plots.write_figures(section, tmp_path)
    for name in cost_page.FIGURES.values():
        figure = (tmp_path / name).read_text()
        assert "sub-networks a layer" in figure
        assert "lower bound by memory" in figure
        assert len(figure) < 200_000
