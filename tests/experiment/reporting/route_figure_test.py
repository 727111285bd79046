from page_reader import PageReader

from mtnas_tf.experiment.reporting.route_figure import route_figure
from mtnas_tf.routes import BlockRoute
from mtnas_tf.routes import Route

# s1 and s2 read the root, s3 reads s1, s4 both.
ROUTE = Route(
    2,
    2,
    {
        "s3": BlockRoute(("s1",)),
        "s4": BlockRoute(("s1", "s2"), "root"),
        "click": BlockRoute(("s3",)),
        "buy": BlockRoute(("s4",)),
    },
)


def test_what_feeds_a_box_and_what_it_feeds_is_lit():
    page = PageReader(route_figure(ROUTE, "R.").svg)
    lights = {
        a["id"].removeprefix("r-"): {
            each.removeprefix("r-") for each in a["data-lights"].split("|")
        }
        for _, a in page.elements
        if "data-lights" in a
    }
    boxes = {name for name in lights["box-s3"] if name.startswith("box-")}
    assert boxes == {"box-root", "box-s1", "box-s3", "box-click"}
    edges = {name for name in lights["box-s3"] if name.startswith("edge-")}
    assert edges == {"edge-root-s1", "edge-s1-s3", "edge-s3-click"}
    assert "edge-s1-s3" not in lights["box-buy"]
    assert {"edge-s1-s4", "edge-s2-s4"} <= lights["box-buy"]
    lit = lights["edge-s2-s4"]
    assert {"edge-root-s2", "edge-s2-s4", "edge-s4-buy"} <= lit
    assert not {"edge-s1-s4", "box-click"} & lit


def test_a_figure_does_not_depend_on_the_seed_of_hashes():
    for _, a in PageReader(route_figure(ROUTE, "R.").svg).elements:
        for mark in ("r-box-", "r-gate-"):
            lit = [
                name
                for name in a.get("data-lights", "").split("|")
                if name.startswith(mark)
            ]
            assert lit == sorted(lit)


def test_every_mark_says_what_it_is():
    page = PageReader(route_figure(ROUTE, "R.").svg)
    titles = set(page.texts["title"])
    assert {
        "s4, in layer 2: reads s1+s2 by root. Serves buy.",
        "s1, in layer 1: reads root. Serves click, buy.",
        "buy: reads s4.",
        "s1 feeds s3.",
        "The gate of s4 looks at root.",
        "root: the encoded row, which layer 1 reads.",
    } <= titles
    (alt,) = (a["aria-label"] for a in page.of("svg"))
    assert "s4 <- s1+s2 by root" in alt
