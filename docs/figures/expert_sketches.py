"""Sketches of methods whose tasks share experts."""

import functools
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
OWN = {"click e": CLICK, "shared e": SHARED, "buy e": BUY}  # experts


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


def _draw_home(path: Path) -> None:
    sketch = Sketch("", "level 1", "level 2", "tasks")
    lower = {"group e": CLICK, "shared e": SHARED, "buy e": BUY}
    sketch.row(1, lower, ["group 1", "shared 1", "buy 1"])
    upper = {"click": CLICK, "group": CLICK, "like": CLICK}
    upper |= {"shared": SHARED, "buy": BUY}
    sketch.row(2, upper, [f"{name} e" for name in upper], width=0.74)
    sketch.row(3, {"click": CLICK, "like": CLICK, "buy": BUY})
    for name in ("group 1", "shared 1", "buy 1"):
        sketch.read(name, ROOT)
    for name in ("click e", "group e", "like e"):
        sketch.read(name, "group 1", "shared 1", width=1.0)
    sketch.read("shared e", "group 1", "shared 1", "buy 1", width=1.0)
    sketch.read("buy e", "shared 1", "buy 1", width=1.0)
    for task in ("click", "like"):
        sketch.gate(task)
        sketch.read(task, f"{task} e", "group e", "shared e")
    sketch.gate("buy")
    sketch.read("buy", "shared e", "buy e")
    note = "click and like are a group; feature and self gates are left out"
    owners = ("click and like", "buy")
    sketch.save(path, note, is_owned=True, owners=owners)


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


SKETCHES = {
    "omoe": _draw_omoe,
    "dselect_k": _draw_dselect_k,
    "snr": _draw_snr,
    "ple": _draw_ple,
    "adatt": _draw_adatt,
    "home": _draw_home,
    "learning_to_branch": _draw_learning_to_branch,
    "routing_networks": _draw_routing_networks,
    "stem_net": functools.partial(_draw_multi_embedding, name="stem_net"),
    "me_mmoe": functools.partial(_draw_multi_embedding, name="me_mmoe"),
    "me_ple": functools.partial(_draw_multi_embedding, name="me_ple"),
}
