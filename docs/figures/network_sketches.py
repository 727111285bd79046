"""Sketches of methods whose tasks share layers, weights or embeddings."""

from pathlib import Path

from sketch import BUY
from sketch import CLICK
from sketch import SHARED
from sketch import TASKS
from sketch import UNUSED
from sketch import WIDTH
from sketch import Sketch

from mtnas_tf.plots.palette import GREY

ROOT = "root feature"
MIDDLE = WIDTH / 2


def _draw_single_task(path: Path) -> None:
    sketch = Sketch("embeddings", "networks", "tasks")
    for row, text in enumerate(("table", "network")):
        for index, (task, color) in enumerate(TASKS.items()):
            x = WIDTH * (index + 0.5) / 2
            sketch.box(f"{text} {task}", x, row, color, text=text)
    sketch.tasks()
    for task in TASKS:
        sketch.read(f"network {task}", f"table {task}")
        sketch.read(task, f"network {task}")
    sketch.save(path)


def _draw_shared_bottom(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    sketch.row(1, {"s1": SHARED})
    sketch.row(2, {"s2": SHARED})
    sketch.tasks()
    sketch.read("s1", ROOT)
    sketch.read("s2", "s1")
    for task in TASKS:
        sketch.read(task, "s2")
    sketch.save(path)


def _draw_l2_constrained(path: Path) -> None:
    sketch = Sketch("", "networks", "tasks")
    _add_networks(sketch, 1)
    y = sketch.bottom(1) + 0.24
    ends = [(WIDTH / 4 + 0.46, y), (3 * WIDTH / 4 - 0.46, y)]
    sketch.curve([ends[0], *ends, ends[1]], SHARED, "--")
    sketch.text(MIDDLE, y + 0.15, "penalty", SHARED, size=9)
    sketch.save(
        path, "dashed: draws the weights of both together", is_owned=True
    )


def _draw_cross_stitch(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    for row in (1, 2):
        for index, (task, color) in enumerate(TASKS.items()):
            x = WIDTH * (index + 0.5) / 2
            sketch.box(f"{task} {row}", x, row, color, text="layer")
    sketch.tasks()
    for task in TASKS:
        sketch.gate(f"{task} 2", "stitch")
        sketch.gate(task, "stitch")
        sketch.read(f"{task} 1", ROOT)
        sketch.read(f"{task} 2", "click 1", "buy 1")
        sketch.read(task, "click 2", "buy 2")
    sketch.save(
        path, "stitch: weights a of all tasks' activations", is_owned=True
    )


def _draw_tensor_factorized(path: Path) -> None:
    sketch = Sketch("", "networks", "tasks")
    _add_networks(sketch, 1, apart=0.36)
    sketch.box("factors", MIDDLE, 1, SHARED, text="factors")
    y = sketch.bottom(1) + 0.24
    for side in (-1, 1):
        x = MIDDLE + side * 0.46, MIDDLE + side * (0.36 * WIDTH - 0.46)
        sketch.curve([(x[0], y), (x[0], y), (x[1], y), (x[1], y)], SHARED, "--")
    sketch.save(
        path, "dashed: kernels have shared factors and own ones", is_owned=True
    )


def _draw_ada_share(path: Path) -> None:
    sketch = Sketch("", "block 1", "block 2", "block 3", "tasks")
    blocks = {"block 1": SHARED, "block 2": BUY, "block 3": SHARED}
    for row, (block, color) in enumerate(blocks.items(), start=1):
        sketch.row(row, {block: color}, width=1.4)
    sketch.tasks()
    low, high = sketch.bottom(1) + 0.48, sketch.bottom(3)
    left = MIDDLE - 1.3
    sketch.curve(
        [
            (MIDDLE - 0.4, low),
            (MIDDLE - 0.4, low + 0.5),
            (left, low + 0.4),
            (left, (low + high) / 2),
            (left, high - 0.4),
            (MIDDLE - 0.4, high - 0.5),
            (MIDDLE - 0.4, high),
        ],
        CLICK,
    )
    for x, color, stops in (
        (MIDDLE - 0.4, CLICK, [(0, 1)]),
        (MIDDLE + 0.4, BUY, [(0, 1), (1, 2), (2, 3)]),
    ):
        for lower, upper in stops:
            start = (x, sketch.bottom(lower) + 0.48)
            end = (x, sketch.bottom(upper))
            sketch.curve([start, start, end, end], color)
    sketch.read("click", "block 3")
    sketch.read("buy", "block 3")
    sketch.text(
        left - 0.08, (low + high) / 2, "skip", CLICK, size=9, ha="right"
    )
    sketch.save(path)


def _draw_auto_mtl(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    own = ["own", "shared", "own"]
    for row, colors in (
        (1, (UNUSED, SHARED, UNUSED)),
        (2, (CLICK, UNUSED, UNUSED)),
    ):
        for index, color in enumerate(colors):
            x = WIDTH * (index + 0.5) / 3
            name = f"{row} {index}"
            sketch.box(name, x, row, color, text=own[index])
    sketch.tasks()
    sketch.read("1 1", ROOT)
    sketch.read("2 0", "1 1")
    sketch.read("click", "2 0")
    low, middle, high = (sketch.bottom(row) for row in (1, 2, 3))
    beside, end = 2 * WIDTH / 3, 3 * WIDTH / 4
    sketch.curve(
        [
            (MIDDLE + 0.25, low + 0.48),
            (MIDDLE + 0.25, low + 0.9),
            (beside, middle - 0.4),
            (beside, middle + 0.24),
            (beside, middle + 0.8),
            (end, high - 0.4),
            (end, high),
        ],
        BUY,
    )
    sketch.text(end + 0.1, high - 0.2, "skip", BUY, size=9, ha="left")
    sketch.save(path, "a task shares, owns or skips a layer; pale: not chosen")


def _draw_esmm(path: Path) -> None:
    sketch = Sketch("embeddings", "networks", "tasks")
    sketch.row(0, {"one table": SHARED}, width=WIDTH - 0.43)
    boxes = {"p(click)": SHARED, "p(buy | click)": BUY}
    sketch.row(1, boxes, width=1.35)
    sketch.tasks()
    sketch.gate("buy", "product")
    for name in boxes:
        sketch.read(name, "one table")
    sketch.read("click", "p(click)")
    sketch.read("buy", *boxes)
    sketch.save(path, "buy requires click: its loss trains both networks")


def _draw_aitm(path: Path) -> None:
    sketch = Sketch("embeddings", "networks", "tasks")
    sketch.row(0, {"one table": SHARED}, width=WIDTH - 0.43)
    boxes = {"network 1": SHARED, "network 2": BUY}
    sketch.row(1, boxes)
    sketch.tasks()
    sketch.gate("buy", "attention")
    for name in boxes:
        sketch.read(name, "one table")
    sketch.read("click", "network 1")
    sketch.read("buy", *boxes)
    sketch.save(path, "buy requires click, and attends to what click passes on")


def _draw_pepnet(path: Path) -> None:
    sketch = Sketch("embeddings", "EPNet", "PPNet", "tasks")
    sketch.row(0, {"one table": SHARED}, width=WIDTH - 0.43)
    sketch.row(1, {"scaled": SHARED})
    sketch.gate("scaled", "domain")
    sketch.read("scaled", "one table")
    for index, (task, color) in enumerate(TASKS.items()):
        x = WIDTH * (index + 0.5) / 2
        sketch.box(f"{task} network", x, 2, color, text="network")
        sketch.gate(f"{task} network", "user, item")
        sketch.read(f"{task} network", "scaled")
    sketch.tasks()
    for task in TASKS:
        sketch.read(task, f"{task} network")
    sketch.save(path, "tags: gates that scale each unit, and what they look at")


def _draw_poso(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    for row in (1, 2):
        sketch.row(row, {"masked": SHARED}, [f"layer {row}"])
        sketch.gate(f"layer {row}", "domain")
    sketch.tasks()
    sketch.read("layer 1", ROOT)
    sketch.read("layer 2", "layer 1")
    for task in TASKS:
        sketch.read(task, "layer 2")
    sketch.save(path, "a factor for each hidden unit, by the row's domain")


def _draw_star(path: Path) -> None:
    sketch = Sketch("", "weights", "network", "tasks")
    weights = {"domain 1": UNUSED, "shared": SHARED, "domain 2": UNUSED}
    sketch.row(1, weights)
    sketch.row(2, {"product": SHARED})
    sketch.tasks()
    sketch.read("product", "shared")
    sketch.read("product", "domain 1", "domain 2", color=GREY, kind="--")
    for weight in weights:
        sketch.read(weight, ROOT)
    for task in TASKS:
        sketch.read(task, "product")
    sketch.save(path, "weights of the row's domain (dashed) times shared ones")


def _add_networks(sketch: Sketch, row: int, apart: float = 0.25) -> None:
    """A network for each task, between the root feature and the tasks."""
    for index, (task, color) in enumerate(TASKS.items()):
        x = WIDTH * (0.5 + apart * (2 * index - 1))
        sketch.box(f"{task} network", x, row, color, text="network")
        sketch.read(f"{task} network", ROOT)
    sketch.tasks()
    for task in TASKS:
        sketch.read(task, f"{task} network")


SKETCHES = {
    "single_task": _draw_single_task,
    "shared_bottom": _draw_shared_bottom,
    "l2_constrained": _draw_l2_constrained,
    "cross_stitch": _draw_cross_stitch,
    "tensor_factorized": _draw_tensor_factorized,
    "ada_share": _draw_ada_share,
    "auto_mtl": _draw_auto_mtl,
    "esmm": _draw_esmm,
    "aitm": _draw_aitm,
    "pepnet": _draw_pepnet,
    "poso": _draw_poso,
    "star": _draw_star,
}
