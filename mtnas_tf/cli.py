"""The command line: the arguments of every verb.

What a verb does lies in `mtnas_tf.experiment.verbs`, in a function of its name
that takes the arguments by theirs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shtab

from export.serving.server.arguments import add_arguments
from mtnas_tf.arguments import names
from mtnas_tf.experiment.argument_parser import ArgumentParser
from mtnas_tf.experiment.command import EXIT_CODES
from mtnas_tf.experiment.command import run
from mtnas_tf.experiment.help_texts import BEGIN
from mtnas_tf.experiment.help_texts import FILE
from mtnas_tf.experiment.help_texts import SCHEMA
from mtnas_tf.experiment.help_texts import TASKS
from mtnas_tf.experiment.help_texts import VERSION
from mtnas_tf.experiment.options import add_budget
from mtnas_tf.experiment.options import add_config
from mtnas_tf.experiment.options import add_count
from mtnas_tf.experiment.options import add_executor
from mtnas_tf.experiment.options import add_moved_table
from mtnas_tf.experiment.options import add_pairs
from mtnas_tf.experiment.options import add_path
from mtnas_tf.experiment.options import add_run
from mtnas_tf.experiment.options import add_seen_ids
from mtnas_tf.experiment.options import formatter
from mtnas_tf.experiment.options import new_verb


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `mtnas`; returns its exit code, see `EXIT_CODES`."""
    values = vars(_parser().parse_args(argv))
    del values["completion"]  # its script is printed while arguments are read
    return run(**values)


def _parser() -> argparse.ArgumentParser:
    parser = ArgumentParser(
        prog="mtnas",
        description="Search which parts of a network the tasks of a "
        "recommender should share;\ncompare, export and serve what was found. "
        "`mtnas VERB --help` explains a verb.",
        epilog=f"{BEGIN}\n\n{EXIT_CODES}",
        formatter_class=formatter,
    )
    parser.add_argument("--version", action="version", version=VERSION)
    shtab.add_argument_to(
        parser, "--completion", help="print a script that completes words"
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB", title="verbs")
    for add in (
        _add_first,
        _add_data,
        _add_models,
        _add_stages,
        _add_comparisons,
        _add_export,
        _add_serving,
    ):
        add(verbs)
    return parser


def _add_first(verbs: Any) -> None:
    verb = new_verb(verbs, "doctor", "is this machine ready?")
    add_path(
        verb,
        "--data-dir",
        "where the records of data sets lie (default: that of TFDS)",
        metavar="DIR",
    )
    verb = new_verb(verbs, "quickstart", "every step once, on made-up data")
    add_path(
        verb,
        "--workdir",
        "the folder to make (default: %(default)s)",
        metavar="DIR",
        default=Path("runs/quickstart"),
    )
    verb.add_argument(
        "--seed",
        type=int,
        metavar="0..9",
        choices=range(10),
        default=0,
        help="seed of the made-up data (default: %(default)s)",
    )


def _add_data(verbs: Any) -> None:
    verb = new_verb(verbs, "prepare", "raw files -> TFDS records")
    verb.add_argument(
        "name", metavar="dataset", help="its name; a wrong one lists all"
    )
    # No paths: they may lie in a bucket.
    for name, text in (
        ("--raw-dir", "where the raw files lie"),
        ("--data-dir", "where the records go (default: that of TFDS)"),
    ):
        verb.add_argument(name, metavar="DIR", help=text)
    verb.add_argument(
        "--beam",
        metavar="OPTIONS",
        help="as a Beam pipeline: runner=DirectRunner,direct_num_workers=2",
    )
    text = "about data sets and tables"
    data = verbs.add_parser("data", help=text, description=text.capitalize())
    of_data = data.add_subparsers(required=True, metavar="VERB", title="verbs")
    _add_describe(of_data)
    _add_infer(of_data)


def _add_describe(verbs: Any) -> None:
    verb = new_verb(verbs, "describe", "rows, labels, fields, collisions")
    verb.add_argument(
        "source", metavar="dataset", help="a name, or a table with --tasks"
    )
    add_path(verb, "--data-dir", "where the records lie", metavar="DIR")
    verb.add_argument(
        "--buckets",
        dest="num_buckets",
        metavar="N",
        type=int,
        help="rows of the embedding table",
    )
    verb.add_argument(
        "--tasks", type=names, default=(), metavar="A,B", help=TASKS
    )
    add_path(verb, "--schema", SCHEMA, metavar="FILE")


def _add_infer(verbs: Any) -> None:
    verb = new_verb(verbs, "infer", "a table -> its schema, to be edited")
    add_path(verb, "table", FILE)
    verb.add_argument(
        "--tasks", type=names, required=True, metavar="A,B", help=TASKS
    )
    verb.add_argument(
        "--exclude",
        type=names,
        default=(),
        metavar="A,B",
        help="columns to leave out",
    )
    add_path(
        verb,
        "--output",
        "the JSON file to write; must not exist",
        metavar="FILE",
        required=True,
    )


def _add_models(verbs: Any) -> None:
    verb = new_verb(
        verbs, "advise", "do tasks conflict? what may a search gain?"
    )
    add_config(verb)
    text = "ways to deal training and validation rows"
    add_count(verb, "--deals", "num_deals", 5, text)
    text = "trainings of each network on each deal"
    add_count(verb, "--starts", "num_starts", 2, text)

    verb = new_verb(verbs, "train", "train one model")
    verb.add_argument(
        "--model",
        required=True,
        metavar="NAME",
        help="mmoe, ple, shared_bottom, ...; a wrong one lists all",
    )
    add_config(verb)

    verb = new_verb(verbs, "search", "search a sharing route")
    add_config(verb)
    add_budget(verb)
    add_executor(verb)


def _add_stages(verbs: Any) -> None:
    verb = new_verb(verbs, "derive", "searched run -> its route's model")
    add_path(verb, "workdir", "a run of `mtnas search`")
    verb.add_argument(
        "--weights",
        choices=["inherit", "finetune", "retrain"],
        help="the search's as they are, trained further, or fresh ones "
        "(default: as the search and its config say)",
    )
    add_moved_table(verb)

    verb = new_verb(verbs, "evaluate", "exact metrics of a run's model")
    add_path(verb, "workdir", "a run of `mtnas train` or `derive`")
    verb.add_argument(
        "--split",
        choices=["train", "valid", "test"],
        default="test",
        help="the rows to evaluate on (default: %(default)s)",
    )
    add_moved_table(verb)


def _add_comparisons(verbs: Any) -> None:
    verb = new_verb(verbs, "compare", "every method on the same data")
    add_config(verb)
    add_budget(verb)
    add_pairs(verb)
    add_executor(verb)
    verb.add_argument(
        "--models",
        type=names,
        default=(),
        metavar="A,B",
        help="these methods, or `all`, once a seed and without a search",
    )

    verb = new_verb(verbs, "sweep", "a comparison for every variant")
    text = "a Python file, such as those in configs/sweeps/"
    add_path(verb, "plan", text, metavar="config")
    add_run(verb)
    add_pairs(verb)
    add_executor(verb)

    verb = new_verb(
        verbs, "tune", "learning rate and weight decay of every method"
    )
    add_config(verb)
    add_count(verb, "--trials", "num_trials", 10, "trials of every method")
    text = "a file through which several `mtnas tune` share the trials"
    add_path(verb, "--study", text, metavar="FILE")

    verb = new_verb(verbs, "report", "what a verb has made -> HTML page")
    text = "a run, comparison, sweep, tuning or advice: its folder"
    add_path(verb, "run", text)
    add_path(
        verb,
        "--output",
        "the page to write (default: report.html in the run)",
        metavar="FILE",
    )


def _add_export(verbs: Any) -> None:
    verb = new_verb(verbs, "export", "a run -> ONNX, SavedModel, preset")
    add_path(verb, "workdir", "a run of `mtnas train` or `derive`")
    verb.add_argument(
        "--format",
        dest="formats",
        action="append",
        choices=["onnx", "onnx_raw", "saved_model", "preset"],
        help="what to write; may be repeated (default: onnx and saved_model)",
    )
    verb.add_argument(
        "--precision",
        choices=["float32", "float16", "int8"],
        default="float32",
        help="type of the weights in an ONNX file; all but %(default)s need "
        "formats of ONNX alone",
    )
    verb.add_argument(
        "--tasks",
        type=names,
        metavar="A,B",
        help="leave out what no prediction of these reads (default: all)",
    )
    verb.add_argument(
        "--opset",
        type=int,
        metavar="N",
        help="version of ONNX's operators, 18 or above (default: the newest)",
    )
    add_seen_ids(verb)
    text = "licence of a preset's data"
    verb.add_argument("--license", default="", metavar="TEXT", help=text)
    text = "write the next version of a model: FOLDER/1, FOLDER/2, ..."
    add_path(verb, "--to", text, metavar="FOLDER")
    verb.add_argument(
        "--layout",
        choices=["triton", "tf_serving"],
        help="of that FOLDER (default: triton, which `mtnas serve` reads, too)",
    )


def _add_serving(verbs: Any) -> None:
    verb = new_verb(verbs, "predict", "rows in a file -> predictions")
    add_path(verb, "artefact", "model.onnx, or its folder")
    for name, dest in (("--input", "rows"), ("--output", "predictions")):
        text = f"{dest}: {FILE}"
        add_path(verb, name, text, dest=dest, metavar="FILE", required=True)
    text = "exports -> a server, REST and gRPC"
    add_arguments(new_verb(verbs, "serve", text))
