import dataclasses
import importlib
import inspect

import pytest
from command_runs import error_of
from tiny_experiment import CONFIG

from export.serving.server.options import ServerOptions
from mtnas_tf import __version__
from mtnas_tf.cli import _parser
from mtnas_tf.cli import main
from mtnas_tf.experiment import command
from mtnas_tf.experiment.command import DEFAULT_MINUTES
from mtnas_tf.experiment.verbs import compare
from mtnas_tf.experiment.verbs import search

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


VERBS = (
    "doctor",
    "quickstart",
    "prepare",
    "advise",
    "train",
    "search",
    "derive",
    "evaluate",
    "compare",
    "sweep",
    "tune",
    "report",
    "export",
    "predict",
    "serve",
)

PARSED = {
    "doctor": [],
    "quickstart": [],
    "prepare": ["book_crossing"],
    "describe": ["book_crossing"],
    "infer": ["log.csv", "--tasks", "a", "--output", "schema.json"],
    "train": ["config.py", "--model", "mmoe", "--workdir", "run"],
    "derive": ["run"],
    "evaluate": ["run"],
    "sweep": ["sweep.py", "--workdir", "run"],
    "report": ["run"],
    "export": ["run"],
    "predict": ["out", "--input", "rows.csv", "--output", "out.csv"],
    "serve": ["out"],
    **{
        verb: ["config.py", "--workdir", "run"]
        for verb in ("advise", "search", "compare", "tune")
    },
}


def called(verb):
    """What a user calls a verb by."""
    return ["data", verb] if verb in ("describe", "infer") else [verb]


@pytest.mark.parametrize("verb", PARSED)
def test_help_is_a_screen_with_an_example(capsys, monkeypatch, verb):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as exit_info:
        main([*called(verb), "--help"])
    assert exit_info.value.code == 0
    out = capsys.readouterr().out
    name = " ".join(["mtnas", *called(verb)])
    assert out.startswith(f"usage: {name} ")
    assert "--json" in out and "--debug" in out
    assert len(out.splitlines()) <= 40
    assert max(map(len, out.splitlines())) <= 80
    example = out.partition("example:\n")[2].strip()
    assert example.startswith(name)
    _parser().parse_args(example.split()[1:])


@pytest.mark.parametrize("verb", PARSED)
def test_arguments_are_those_of_the_verb_s_function(verb, monkeypatch):
    module = importlib.import_module(f"{command.VERBS}.{verb}")
    function = getattr(module, verb)
    given = {}

    def record(**arguments):
        inspect.signature(function).bind(**arguments)
        given.update(arguments)

    monkeypatch.setattr(module, verb, record)
    monkeypatch.setattr("mtnas_tf.config.load_config", lambda *_: CONFIG)
    monkeypatch.setattr("mtnas_tf.config.load_sweep", lambda *_: CONFIG)
    assert main([*called(verb), *PARSED[verb]]) == 0
    expected = set(inspect.signature(function).parameters)
    if verb == "serve":
        fields = dataclasses.fields(ServerOptions)
        expected = expected - {"options"} | {field.name for field in fields}
    # `trainer` is for callers in Python.
    assert set(given) == expected - {"trainer"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["config.py"], None),
        (["config.py", "--budget", "2.5"], 2.5),
        (["--table", "a.csv"], DEFAULT_MINUTES),
        (["--table", "a.csv", "--budget", "none"], None),
        (["--table", "a.csv", "--budget", "3"], 3.0),
    ],
)
@pytest.mark.parametrize("verb", ["search", "compare"])
def test_budget(monkeypatch, capsys, verb, arguments, expected):
    def run(config, budget, **_):
        raise ValueError(budget)

    monkeypatch.setattr({"search": search, "compare": compare}[verb], verb, run)
    monkeypatch.setattr("mtnas_tf.config.load_config", lambda *_: CONFIG)
    error = error_of(capsys, verb, *arguments, "--workdir", "run")
    assert error == f"{expected}\n"


@pytest.mark.parametrize("verb", ["search", "compare", "sweep"])
def test_executors(capsys, verb):
    plan = ["config.py", "--workdir", "run", "--executor"]
    assert (
        _parser().parse_args([verb, *plan, "dask:a:1"]).executor == "dask:a:1"
    )
    with pytest.raises(SystemExit):
        _parser().parse_args([verb, *plan, "threads"])
    error = capsys.readouterr().err
    assert "`executor` must be processes[:N], dask" in error


def test_models(monkeypatch, capsys):
    def run(config, models, **_):
        raise ValueError(models)

    monkeypatch.setattr(compare, "compare", run)
    monkeypatch.setattr("mtnas_tf.config.load_config", lambda *_: CONFIG)
    arguments = ["compare", "config.py", "--workdir", "run"]
    for given, expected in (
        ([], ()),
        (["--models", "all"], ["all"]),
        (["--models", "mmoe, ple"], ["mmoe", "ple"]),
    ):
        assert error_of(capsys, *arguments, *given) == f"{expected}\n"


def test_help_names_every_verb(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit) as exit_info:
        main(["--help"])
    assert exit_info.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 40 and max(map(len, lines)) <= 80
    verbs = [line.split()[0] for line in lines if line.startswith("    ")]
    assert tuple(verb for verb in verbs if verb in VERBS) == VERBS


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_a_script_that_completes_words(capsys, shell):
    with pytest.raises(SystemExit) as exit_info:
        main(["--completion", shell])
    assert exit_info.value.code == 0
    script = capsys.readouterr().out
    assert all(verb in script for verb in VERBS)
    assert "--workdir" in script


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "required: VERB"),
        (["serch"], "Received: serch; did you mean search?"),
        (["tune", "c.py", "--trails", "3"], "--trails; did you mean --trials?"),
        (
            ["report", "run", "more"],
            "mtnas report: error: there is no argument",
        ),
        (["search", "config.py"], "required: --workdir"),
        (["train", "c.py", "--workdir", "run"], "required: --model"),
        (["derive", "run", "--weights", "guess"], "--weights: must be one of"),
        (["evaluate", "run", "--split", "all"], "--split: must be one of"),
        (["export", "run", "--format", "tf"], "--format: must be one of"),
        (["export", "run", "--precision", "x"], "--precision: must be one of"),
        (["data"], "required: VERB"),
        (["tune", "c.py", "--trials", "x"], "whole number. Received: x"),
        (["sweep", "s.py"], "required: --workdir"),
        (["search", "c.py", "--budget", "0"], "a positive number of minutes"),
        (["compare", "c.py", "--budget", "x"], "minutes, or none. Received: x"),
        (
            ["compare", "c.py", "--seeds", "x"],
            "--seeds: must be a whole number",
        ),
        (["predict", "model.onnx"], "required: --input, --output"),
    ],
)
def test_arguments_that_do_not_parse(capsys, arguments, message):
    with pytest.raises(SystemExit) as exit_info:
        main(arguments)
    assert exit_info.value.code == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1  # a paragraph
    assert captured.err.endswith(" --help` lists arguments.\n")
    assert captured.out == ""


def test_version(capsys):
    with pytest.raises(SystemExit) as exit_info:
        main(["--version"])
    assert exit_info.value.code == 0
    assert capsys.readouterr().out == f"mtnas_tf {__version__}\n"
