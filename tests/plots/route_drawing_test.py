import re
import struct
from xml.etree import ElementTree

import matplotlib
import numpy as np
import pytest

from mtnas_tf.plots import route_drawing
from mtnas_tf.plots.palette import COLORS
from mtnas_tf.plots.palette import DARK_GREY
from mtnas_tf.plots.route_drawing import draw_route
from mtnas_tf.plots.route_layout import RouteLayout
from mtnas_tf.routes.route import BlockRoute
from mtnas_tf.routes.route import Route
from mtnas_tf.routes.route_space import RouteSpace

# s1 and s4 serve one task each, s2 both; s3 is only looked at; s6, s8 are idle.
ROUTE = Route(
    2,
    4,
    {
        "s5": BlockRoute(("s1", "s2"), "s3"),
        "s6": BlockRoute(("s1",)),
        "s7": BlockRoute(("s2", "s4"), "root"),
        "s8": BlockRoute(("s1", "s2", "s3", "s4"), "s2"),
        "rated": BlockRoute(("s5",)),
        "satisfied": BlockRoute(("s5", "s7"), "s5"),
    },
)
RATED, SATISFIED = COLORS[:2]


def drawn(route, tmp_path):
    path = tmp_path / "route.svg"
    draw_route(route, path)
    return ElementTree.parse(path).getroot()


def texts(svg):
    return [
        "".join(e.itertext()) for e in svg.iter() if e.tag.endswith("}text")
    ]


def styles(svg, kind):
    """Style of the artists whose id begins with the kind, by the rest of it."""
    return {
        group.get("id").removeprefix(f"{kind}-"): group[0].get("style")
        for group in svg.iter()
        if (group.get("id") or "").startswith(f"{kind}-")
    }


def strokes(svg, kind):
    return {
        name: re.search(r"stroke: (#\w{6})", style)[1].upper()
        for name, style in styles(svg, kind).items()
    }


def expected_edges(route):
    edges = {
        f"{source}-{consumer}"
        for consumer in (*route.reached(), *route.tasks)
        if consumer in route.blocks
        for source in route.blocks[consumer].combination
    }
    first_layer = set(route.sub_networks([0])) & set(route.reached())
    return edges | {f"root-{name}" for name in first_layer}


def test_names_every_box(tmp_path):
    svg = drawn(ROUTE, tmp_path)
    boxes = {"root", *ROUTE.reached(), *ROUTE.tasks}
    assert set(styles(svg, "box")) == boxes
    assert boxes - {"root"} | {"root feature"} <= set(texts(svg))


def test_colors_boxes_by_who_uses_them(tmp_path):
    boxes = strokes(drawn(ROUTE, tmp_path), "box")
    assert boxes["rated"] == RATED
    assert boxes["satisfied"] == boxes["s4"] == boxes["s7"] == SATISFIED
    assert {boxes[n] for n in ("s1", "s2", "s3", "s5")} == {DARK_GREY}


def test_leaves_out_what_feeds_nothing(tmp_path):
    svg = drawn(ROUTE, tmp_path)
    assert not {"s6", "s8"} & {*styles(svg, "box"), *texts(svg)}
    ends = {end for edge in strokes(svg, "edge") for end in edge.split("-")}
    assert ends == {"root", *ROUTE.reached(), *ROUTE.tasks}


def test_leaves_out_a_layer_that_feeds_nothing(tmp_path):
    space = RouteSpace(("rated", "satisfied"), 3, 4, value_scope="all_prev")
    svg = drawn(space.hand_made.one_layer(), tmp_path)
    boxes = {"root", "s1", "s2", "s3", "s4", "rated", "satisfied"}
    assert set(styles(svg, "box")) == boxes
    found = texts(svg)
    assert "layer 1" in found
    assert not {"layer 2", "layer 3"} & set(found)


def test_colors_edges_by_who_uses_them(tmp_path):
    edges = strokes(drawn(ROUTE, tmp_path), "edge")
    assert edges == {
        "root-s1": DARK_GREY,
        "root-s2": DARK_GREY,
        "root-s3": DARK_GREY,
        "root-s4": SATISFIED,
        "s1-s5": DARK_GREY,
        "s2-s5": DARK_GREY,
        "s2-s7": SATISFIED,
        "s4-s7": SATISFIED,
        "s5-rated": RATED,
        "s5-satisfied": SATISFIED,
        "s7-satisfied": SATISFIED,
    }


def test_labels_only_the_gates_in_use(tmp_path):
    svg = drawn(ROUTE, tmp_path)
    gates = strokes(svg, "gate")
    assert gates == {
        "s5": DARK_GREY,
        "s7": SATISFIED,
        "satisfied": SATISFIED,
    }
    labels = sorted(text for text in texts(svg) if text.startswith("by "))
    assert labels == ["by root", "by s3", "by s5"]


def test_legend_tells_what_occurs(tmp_path):
    legend = {"only rated", "only satisfied", "shared"}
    assert legend <= set(texts(drawn(ROUTE, tmp_path)))
    disjoint = RouteSpace(("rated", "satisfied"), 2, 4).hand_made.disjoint()
    found = texts(drawn(disjoint, tmp_path))
    assert {"only rated", "only satisfied"} <= set(found)
    assert "shared" not in found


def test_dots_tell_who_shares_among_three_tasks(tmp_path):
    blocks = {
        "a": BlockRoute(("s1", "s2")),
        "b": BlockRoute(("s2", "s3")),
        "c": BlockRoute(("s2",)),
    }
    svg = drawn(Route(1, 3, blocks), tmp_path)
    assert set(styles(svg, "user")) == {"s2-a", "s2-b", "s2-c"}
    assert not styles(drawn(ROUTE, tmp_path), "user")


@pytest.mark.parametrize("num_layers", [1, 4])
@pytest.mark.parametrize("num_subnetworks", [2, 8])
@pytest.mark.parametrize("num_tasks", [1, 6])
def test_draws_any_size(num_layers, num_subnetworks, num_tasks, tmp_path):
    tasks = [f"task_{index}" for index in range(num_tasks)]
    space = RouteSpace(tasks, num_layers, num_subnetworks, "root")
    route = space.random_route(np.random.default_rng(num_layers))
    svg = drawn(route, tmp_path)
    assert {*route.reached(), *tasks} <= set(texts(svg))
    assert set(styles(svg, "edge")) == expected_edges(route)


@pytest.mark.parametrize("sources", [("s1",), ("s1", "s2")])
def test_one_task_wears_its_color_throughout(sources, tmp_path):
    route = Route(1, 2, {"rated": BlockRoute(sources, "root")})
    assert set(strokes(drawn(route, tmp_path), "edge").values()) == {RATED}


def test_colors_repeat_after_the_sixth_task(tmp_path):
    tasks = [f"t{index}" for index in range(7)]
    boxes = strokes(
        drawn(RouteSpace(tasks, 1, 2).full_route(), tmp_path), "box"
    )
    assert boxes["t6"] == boxes["t0"] != boxes["t5"]


def test_wraps_long_names_inside_their_box(tmp_path):
    name = "satisfied_with_the_$purchase$_after_thirty<days"
    found = texts(drawn(Route(1, 1, {name: BlockRoute(("s1",))}), tmp_path))
    assert f"only {name}" in found
    assert name not in found
    lines = found[found.index("s1") + 1 : found.index(f"only {name}")]
    assert "".join(lines) == name
    assert max(map(len, lines)) <= 16


def test_png_is_an_image(tmp_path):
    path = tmp_path / "route.png"
    draw_route(ROUTE, str(path))
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", data[16:24])
    assert width > 800 and height > 800


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_same_route_same_bytes_in_any_style(suffix, tmp_path):
    path = tmp_path / f"route{suffix}"
    draw_route(ROUTE, path)
    first = path.read_bytes()
    with matplotlib.rc_context({"font.size": 30, "figure.facecolor": "red"}):
        before = dict(matplotlib.rcParams)
        draw_route(ROUTE, path)
        assert dict(matplotlib.rcParams) == before
    assert path.read_bytes() == first
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("name", ["route.pdf", "route"])
def test_refuses_other_formats(name, tmp_path):
    with pytest.raises(ValueError, match=r"`path` must end.*Received: path="):
        draw_route(ROUTE, tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_failed_drawing_keeps_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "route.svg"
    path.write_text("old")

    class FullDisk:
        def __init__(self, route):
            self.figure = self

        def savefig(self, partial, **kwargs):
            partial.write_text("half")
            raise OSError("full")

    monkeypatch.setattr(route_drawing, "_Drawing", FullDisk)
    with pytest.raises(OSError, match="full"):
        draw_route(ROUTE, path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["route.svg"]


def test_sub_networks_stand_below_the_tasks_that_they_serve():
    # s1 serves the tasks on the right, s2 those on the left.
    blocks = {"s3": ("s2",), "s4": ("s1",), "a": ("s3",), "b": ("s3",)}
    blocks |= {"c": ("s4",), "d": ("s4",)}
    route = Route(2, 2, {k: BlockRoute(v) for k, v in blocks.items()})
    rows = RouteLayout(route).rows
    assert rows == {0: ("s2", "s1"), 1: ("s3", "s4")}


def test_draws_every_root_feature(tmp_path):
    route = ROUTE.with_roots({"s4": "root2"}).with_linear(["s2"])
    svg = drawn(route, tmp_path)
    assert set(styles(svg, "box")) >= {"root", "root2"}
    assert {"root", "root2", "s2 linear"} <= set(texts(svg))
    edges = set(styles(svg, "edge"))
    assert edges == expected_edges(ROUTE) - {"root-s4"} | {"root2-s4"}
    layout = RouteLayout(route)
    (left, width), (right, other_width) = layout.roots.values()
    assert left + width / 2 < right - other_width / 2
    for source, name, start, _ in layout.edges():
        if source.startswith("root"):
            center, width = layout.roots[source]
            assert abs(start[0] - center) < width / 2, name
