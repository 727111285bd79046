"""The documentation's links, commands and Python hold."""

import dataclasses
import functools
import re
import shlex
import types
from pathlib import Path

import made_up_files
import numpy as np
import pytest
import toy_data
from tolerances import assert_near

import mtnas_tf as mt
from export.serving import Predictor
from mtnas_tf.cli import _parser
from mtnas_tf.config import load_sweep
from mtnas_tf.experiment.advice.groupings import groupings

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("tfds_builders/*/README.md"),
        ROOT / "serving/README.md",
    ]
)
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
ROWS = [{"user_id": "7", "isbn": "0000000003", "age": 34}, {"user_id": None}]


def blocks(page, language):
    pattern = rf"```{language}\n(.*?)```"
    return re.findall(pattern, page.read_text(encoding="utf-8"), re.S)


def page_ids(pages):
    return [str(page.relative_to(ROOT)) for page in pages]


def without_code(page):
    return re.sub(
        r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S
    )


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", without_code(page), re.M)
    kept = [re.sub(r"[^\w\- ]", "", h.lower()) for h in headings]
    return {heading.replace(" ", "-") for heading in kept}


@pytest.mark.parametrize("page", PAGES, ids=page_ids(PAGES))
def test_links_lead_somewhere(page):
    broken = []
    for match in LINK.finditer(without_code(page)):
        link = match[1] or match[2]
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


def test_every_page_is_linked():
    linked = {
        (page.parent / (match[1] or match[2]).partition("#")[0]).resolve()
        for page in PAGES
        for match in LINK.finditer(without_code(page))
    }
    assert not set(ROOT.glob("docs/**/*.md")) - linked


def commands():
    """Every command of `mtnas` in the pages, its continued lines joined."""
    found = []
    for page in PAGES:
        for block in blocks(page, ""):
            for line in block.replace("\\\n", " ").splitlines():
                if line.startswith("mtnas "):
                    found.append((page, line))
    return found


def test_commands_are_those_of_the_command_line():
    assert len(commands()) > 20
    for _, line in commands():
        words = shlex.split(line, comments=True)[1:]
        _parser().parse_args(words)  # exits on a mistake
        for word in words:
            if word.startswith("configs/"):
                assert (ROOT / word).is_file(), line


def test_a_sweep_of_your_own(tmp_path):
    (sweep,) = [
        block
        for block in blocks(ROOT / "docs/command_line.md", "python")
        if "get_sweep" in block
    ]
    path = tmp_path / "width.py"
    path.write_text(sweep)
    variants = load_sweep(path).configs()
    assert {k: c.model.units for k, c in variants.items()} == {
        "64": 64,
        "16": 16,
    }
    assert variants["16"].table.tasks == ("click", "like")


@pytest.mark.parametrize("page", PAGES, ids=page_ids(PAGES))
def test_python_is_python(page):
    for block in blocks(page, "python"):
        compile(block, str(page), "exec")


@pytest.fixture
def log(tmp_path, monkeypatch):
    """A folder of its own to run in, with a `log.csv`."""
    monkeypatch.chdir(tmp_path)
    made_up_files.write_log(tmp_path / "log.csv")


@pytest.fixture
def book_crossing(tmp_path, monkeypatch):
    """`mt.data.load` reads made-up ratings, and searches are small."""
    raw_dir, data_dir = tmp_path / "raw", tmp_path / "data"
    raw_dir.mkdir()
    made_up_files.write_book_crossing(raw_dir)
    mt.data.prepare("book_crossing", raw_dir=raw_dir, data_dir=data_dir)
    load = functools.partial(mt.data.load, data_dir=data_dir, num_buckets=500)
    monkeypatch.setattr(mt.data, "load", load)
    small = functools.partial(
        mt.search.CandidateSearch, num_places=2, num_rounds=3, epochs=1
    )
    monkeypatch.setattr(mt.search, "CandidateSearch", small)
    monkeypatch.chdir(tmp_path)


def run(page, **names):
    """Runs all Python of a page, block after block."""
    for block in blocks(ROOT / page, "python"):
        exec(compile(block, page, "exec"), names)
    return names


@pytest.mark.slow
def test_readme_runs(book_crossing, tmp_path):
    names = run("README.md")
    data, model = names["data"], names["found"].network
    assert sum(map(len, data.splits.values())) == made_up_files.NUM_RATINGS
    assert data.schema.task_names == ("rated", "satisfied")
    assert set(names["found"].route.tasks) == set(data.schema.task_names)
    rows = [
        {**dict.fromkeys(f.name for f in data.schema.fields), **row}
        for row in ROWS
    ]
    served = Predictor(tmp_path / "out").predict(rows)
    outputs = model.predict(data.schema.preprocessor(rows), verbose=0)
    for task in data.schema.task_names:
        assert_near(served[task], outputs[task][:, 0])


@pytest.mark.slow
def test_search_runs(book_crossing):
    names = run("docs/search.md")
    assert set(names["route"].tasks) == {"rated", "satisfied"}


def test_routes_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    route = run("docs/routes.md")["route"]
    (shown,) = blocks(ROOT / "docs/routes.md", "text")
    reached = route.reached("click")
    assert capsys.readouterr().out == f"{shown}{reached}\n"
    assert f"# {reached}" in blocks(ROOT / "docs/routes.md", "python")[1]


@pytest.mark.slow
def test_missing_labels_run():
    data = run("docs/missing_labels.md")["data"]
    observed = ~np.isnan(data.splits["train"].labels["satisfied"])
    assert 0.05 < observed.mean() < 0.15


# So small a search never learns, and says so.
@pytest.mark.filterwarnings("ignore:Groupings proposes by scores")
@pytest.mark.slow
def test_many_tasks_run(tmp_path, monkeypatch):
    small = functools.partial(
        mt.search.CandidateSearch, num_places=2, num_rounds=3, units=4
    )
    monkeypatch.setattr(mt.search, "CandidateSearch", small)
    monkeypatch.chdir(tmp_path)
    names = run("docs/many_tasks.md")
    assert len(names["found"].route.tasks) == 6
    predictor = Predictor(tmp_path / "buy")
    assert set(predictor.predict([{"user": "7"}])) == {"click", "buy"}


def test_prices_of_advice_are_those_on_the_page():
    page = (ROOT / "docs/many_tasks.md").read_text(encoding="utf-8")
    prices = []
    for count in (5, 10, 20, 50):
        tasks = [f"t{index}" for index in range(count)]
        # Of deals and starts, networks of groups and of each task alone.
        prices.append(5 * 2 * (len(groupings(tasks)) + count))
    said = (
        "{:,} trainings for 5 tasks, {:,} for 10, {:,} for 20 and {:,} for 50"
    )
    assert said.format(*prices) in " ".join(page.split())


def test_splits_run(log):
    names = run("docs/splits.md")
    for data in (names["later"], names["others"]):
        assert "day" not in [field.name for field in data.schema.fields]
        assert len(data.splits["train"]) > len(data.splits["test"]) > 0


def test_own_tables_run(log):
    data = run("docs/own_tables.md")["data"]
    assert data.schema.task_names == ("click", "like")


def test_data_sets_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = run("docs/data_sets.md")
    assert len(names["data"].splits["test"]) == len(names["records"])


def test_balancing_runs():
    tasks = tuple(mt.data.TaskSpec(name=name) for name in ("click", "buy"))
    schema = dataclasses.replace(toy_data.SCHEMA, tasks=tasks)
    model = run("docs/balancing.md", schema=schema)["model"]
    assert type(model.balancing) is mt.balancing.PCGrad


def test_balancings_are_on_their_page():
    text = (ROOT / "docs/balancing.md").read_text(encoding="utf-8")
    for name, kind in mt.balancing.BALANCINGS.items():
        assert f'| `"{name}"` | `{kind.__name__}` |' in text


def test_presets_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tasks = [
        dataclasses.replace(task, name=name, requires=None)
        for task, name in zip(
            toy_data.BINARY_SCHEMA.tasks, ("rated", "satisfied"), strict=True
        )
    ]
    schema = dataclasses.replace(toy_data.BINARY_SCHEMA, tasks=tuple(tasks))
    model = mt.models.MMoE(schema, num_experts=2, hidden_units=(3,))
    data = types.SimpleNamespace(schema=schema)
    names = run("docs/presets.md", model=model, data=data)
    assert names["loaded"].schema == schema
    assert names["network"].route == names["route"]
    card = (tmp_path / "presets/log/README.md").read_text()
    assert "| test | click | auc | 0.7117 ± 0.0025 |" in card


@pytest.mark.slow
def test_serving_runs(log):
    data = mt.data.from_csv("log.csv", ["click", "like"], exclude=["day"])
    model = mt.models.MMoE(data.schema, num_experts=2)
    names = run("docs/serving.md", model=model, data=data)
    served = names["predictor"].predict(names["rows"])
    assert served["like"].shape == (1,)
