import pytest
from page_reader import check_page

import mtnas_tf
from mtnas_tf.experiment.reporting.folded import Folded
from mtnas_tf.experiment.reporting.page_figure import PageFigure
from mtnas_tf.experiment.reporting.page_table import PageTable
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.plots.pareto_plot import Point
from mtnas_tf.plots.pareto_plot import draw_pareto


def figure(caption):
    """A plot of a point, which says what it is."""
    return PageFigure.drawn(
        lambda path: draw_pareto([Point("a", 1, 2)], path, "Cost"),
        "One network.",
        caption,
        {"point-0": "a & <b>"},
        {"point-0": ["point-0", "legend_1"]},
    )


def test_what_is_in_backticks_is_code():
    table = PageTable("Of `a`.", ["`b`"], [["`c`"]])
    parts = ["As `<d>` says; ` is left.", ["`e`"], Folded("`f`", [table])]
    text = render("T", "By `mtnas train`.", [Section("S", parts)])
    page = check_page(text)
    assert page.texts["code"] == ["mtnas train", "<d>", "e", "f", "a"]
    # Cells are as they came: names, numbers, values of a config.
    assert page.texts["th"] == ["`b`", "`c`"]
    assert "As <code>&lt;d&gt;</code> says; ` is left." in text


def test_every_kind_of_part_is_shown_once():
    table = PageTable("Size", ["model", "kind", "n"], [["a", "b", "1"]], 2)
    folded = Folded("More", ["Inside.", figure("Second.")])
    parts = ["A & <b>.", ["one", "two"], table, figure("First."), folded]
    text = render("Title <b>", "Lead.", [Section("S 1", parts)])
    page = check_page(text)
    assert "b" not in page.texts  # all is escaped
    assert [t for t in page.texts["p"] if t][:3] == [
        *("Lead.", "A & <b>.", "Inside.")
    ]
    assert page.texts["li"][1:] == ["one", "two"]
    assert page.texts["th"] == ["model", "kind", "n", "a"]
    assert page.texts["td"] == ["b", "1"]
    assert [a.get("class") for a in page.of("th")] == [
        *("text", "text", None, "text")
    ]
    assert page.texts["figcaption"] == ["First.", "Second."]
    assert page.texts["summary"] == ["More"]
    # Marks say what they are, and light what belongs to them.
    marks = [a for _, a in page.elements if a.get("class") == "mark"]
    assert [a["id"] for a in marks] == ["first-point-0", "second-point-0"]
    assert page.texts["title"][1:] == ["a & <b>", "a & <b>"]
    for lit in marks[0]["data-lights"].split("|"):
        assert lit in page.ids
    assert text.count(f"mtnas_tf {mtnas_tf.__version__}") == 2


def test_a_section_without_parts_is_left_out():
    page = check_page(
        render("T", "L.", [Section("Empty", []), Section("Full", ["x"])])
    )
    assert page.titles == ["Full"]
    assert page.texts["a"] == ["To the report", "Full"]


def test_a_row_of_another_length_is_refused():
    with pytest.raises(ValueError, match="must have 2 cells.*Received: .'a'"):
        PageTable("c", ["x", "y"], [["a"]])
