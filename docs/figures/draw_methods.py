"""Draws what two tasks share, for the page of every method.

python docs/figures/draw_methods.py
"""

from pathlib import Path

from sketch import BUY
from sketch import CLICK
from sketch import SHARED
from sketch import TASKS
from sketch import UNUSED
from sketch import WIDTH
from sketch import Sketch

from mtnas_tf.plots import draw_route
from mtnas_tf.plots.palette import GREY
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace

FOLDER = Path(__file__).parent / "methods"
ROOT = "root feature"
MIDDLE = WIDTH / 2
OWN = {"click e": CLICK, "shared e": SHARED, "buy e": BUY}  # experts


def main() -> None:
    """Writes all drawings."""
    FOLDER.mkdir(exist_ok=True)
    _draw_routes()
    for name, draw in SKETCHES.items():
        draw(FOLDER / f"{name}.svg")
    for name in ("stem_net", "me_mmoe", "me_ple"):
        _draw_multi_embedding(FOLDER / f"{name}.svg", name)


def _draw_routes() -> None:
    """Methods that are a route, or choose one among many."""
    layer, layers = (RouteSpace([*TASKS], depth, 3) for depth in (1, 2))
    searched = {
        "s4": BlockRoute(("s1", "s2"), "s1"),
        "s5": BlockRoute(("s2",)),
        "s6": BlockRoute(("s2", "s3"), "s3"),
        "click": BlockRoute(("s4", "s5"), "s5"),
        "buy": BlockRoute(("s5", "s6"), "s6"),
    }
    allocated = {
        "click": BlockRoute(("s1", "s2")),
        "buy": BlockRoute(("s2", "s3")),
    }
    routes = {
        "mmoe": layer.full_route(),
        "ml_mmoe": layers.full_route(),
        "cgc": layer.hand_made.ple(1),
        "mtnas": Route(2, 3, searched),
        "gumbel_allocation": Route(1, 3, allocated),
    }
    for name, route in routes.items():
        draw_route(route, FOLDER / f"{name}.svg")


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


def _draw_learning_to_branch(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    sketch.row(1, {"s1": UNUSED, "s2": SHARED, "s3": UNUSED})
    sketch.row(2, {"s4": CLICK, "s5": UNUSED, "s6": BUY})
    sketch.tasks()
    sketch.read("s2", ROOT)
    for task, parent in (("click", "s4"), ("buy", "s6")):
        sketch.read(parent, "s2")
        sketch.read(task, parent)
    sketch.save(path, "a learned tree; pale experts are in no task's way")


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


def _draw_omoe(path: Path) -> None:
    sketch = Sketch("", "experts", "mixture", "tasks")
    experts = {"s1": SHARED, "s2": SHARED, "s3": SHARED}
    sketch.row(1, experts)
    sketch.row(2, {"mixture": SHARED})
    sketch.gate("mixture", "by root")
    sketch.tasks()
    for expert in experts:
        sketch.read(expert, ROOT)
    sketch.read("mixture", *experts)
    sketch.read("click", "mixture")
    sketch.read("buy", "mixture")
    sketch.save(path)


def _draw_dselect_k(path: Path) -> None:
    sketch = Sketch("", "experts", "tasks")
    experts = {"s1": CLICK, "s2": SHARED, "s3": BUY, "s4": UNUSED}
    sketch.row(1, experts, width=0.8)
    sketch.tasks()
    for expert in experts:
        sketch.read(expert, ROOT)
    for task, chosen in (("click", {"s1", "s2"}), ("buy", {"s2", "s3"})):
        sketch.gate(task, "2 of 4")
        for expert in experts:
            is_chosen = expert in chosen
            sketch.read(
                task,
                expert,
                color=None if is_chosen else GREY,
                kind="-" if is_chosen else ":",
                width=1.6 if is_chosen else 1.2,
            )
    sketch.save(path, "dotted: experts that a task has not selected")


def _draw_snr(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    lower = {"s1": SHARED, "s2": SHARED, "s3": BUY}
    upper = {"s4": CLICK, "s5": SHARED, "s6": BUY}
    sketch.row(1, lower)
    sketch.row(2, upper)
    sketch.tasks()
    is_open = {
        "s4": {"s1"},
        "s5": {"s1", "s2"},
        "s6": {"s2", "s3"},
        "click": {"s4", "s5"},
        "buy": {"s5", "s6"},
    }
    for source in lower:
        sketch.read(source, ROOT)
    for reader, chosen in is_open.items():
        for source in lower if reader in upper else upper:
            shut = source not in chosen
            color = GREY if shut else None
            kind, width = (":", 1.2) if shut else ("-", 1.6)
            sketch.read(reader, source, color=color, kind=kind, width=width)
    sketch.save(path, "dotted: links that have learned to be shut")


def _draw_ple(path: Path) -> None:
    sketch = Sketch("", "level 1", "level 2", "tasks")
    names = ["click", "shared", "buy"]
    for row in (1, 2):
        sketch.row(row, OWN, [f"{name} {row}" for name in names])
    sketch.tasks()
    for name in names:
        sketch.read(f"{name} 1", ROOT)
        sketch.gate(f"{name} 2")
    for task in TASKS:
        sketch.gate(task)
        sketch.read(f"{task} 2", f"{task} 1", "shared 1")
        sketch.read(task, f"{task} 2", "shared 2")
    sketch.read("shared 2", *(f"{name} 1" for name in names))
    sketch.save(path, is_owned=True)


def _draw_adatt(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    names = ["click", "shared", "buy"]
    for row in (1, 2):
        sketch.row(row, OWN, [f"{name} {row}" for name in names])
    sketch.tasks()
    for name in names:
        sketch.read(f"{name} 1", ROOT)
    for row, readers in ((1, [f"{n} 2" for n in names]), (2, [*TASKS])):
        for reader in readers:
            sketch.gate(reader)
            for name in names:
                is_own = reader.startswith(name)
                source, width = f"{name} {row}", 4.0 if is_own else 1.4
                sketch.read(reader, source, width=width)
    sketch.save(
        path, "thick: a unit's own experts, also past the gate", is_owned=True
    )


def _draw_multi_embedding(path: Path, name: str) -> None:
    """STEM-Net and its ablations."""
    sketch = Sketch("embeddings", "experts", "tasks")
    units = ["click", "shared", "buy"]
    colors = dict(zip(units, OWN.values(), strict=True))
    for unit, color in colors.items():
        x = WIDTH * (units.index(unit) + 0.5) / 3
        sketch.box(f"{unit} table", x, 0, color, text="table")
        sketch.box(f"{unit} expert", x, 1, color, text="expert")
        sketch.read(f"{unit} expert", f"{unit} table")
    sketch.tasks()
    for task in TASKS:
        sketch.gate(task)
        for unit in units:
            is_other = unit not in (task, "shared")
            if not (is_other and name == "me_ple"):
                stops = is_other and name == "stem_net"
                kind = "--" if stops else "-"
                sketch.read(task, f"{unit} expert", kind=kind)
    note = "dashed: read, but not trained"
    sketch.save(path, note if name == "stem_net" else "", is_owned=True)


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


def _draw_routing_networks(path: Path) -> None:
    sketch = Sketch("", "layer 1", "layer 2", "tasks")
    sketch.row(1, {"s1": CLICK, "s2": UNUSED, "s3": BUY})
    sketch.row(2, {"s4": UNUSED, "s5": SHARED, "s6": UNUSED})
    sketch.tasks()
    for task, first in (("click", "s1"), ("buy", "s3")):
        sketch.read(first, ROOT)
        sketch.read("s5", first, color=TASKS[task])
        sketch.read(task, "s5")
    sketch.save(path, "one path a task; s5 is applied to each task's own input")


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
    "shared_bottom": _draw_shared_bottom,
    "learning_to_branch": _draw_learning_to_branch,
    "single_task": _draw_single_task,
    "l2_constrained": _draw_l2_constrained,
    "cross_stitch": _draw_cross_stitch,
    "omoe": _draw_omoe,
    "dselect_k": _draw_dselect_k,
    "snr": _draw_snr,
    "ple": _draw_ple,
    "adatt": _draw_adatt,
    "tensor_factorized": _draw_tensor_factorized,
    "ada_share": _draw_ada_share,
    "routing_networks": _draw_routing_networks,
    "esmm": _draw_esmm,
    "aitm": _draw_aitm,
}

if __name__ == "__main__":
    main()
