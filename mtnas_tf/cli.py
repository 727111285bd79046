"""The command line: the arguments of every verb.

What a verb does lies in `mtnas_tf.experiment.verbs`, in a function of its name
that takes the arguments by theirs.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from export.serving.server.arguments import add_arguments
from mtnas_preprocessing import local_path
from mtnas_tf.arguments import names
from mtnas_tf.experiment.command import EXIT_CODES
from mtnas_tf.experiment.command import run
from mtnas_tf.experiment.common_arguments import add_budget
from mtnas_tf.experiment.common_arguments import add_executor
from mtnas_tf.experiment.common_arguments import add_pairs
from mtnas_tf.experiment.help_texts import EXAMPLES
from mtnas_tf.experiment.help_texts import FILE
from mtnas_tf.experiment.help_texts import TASKS


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `mtnas`; returns its exit code, see `EXIT_CODES`."""
    return run(**vars(_parser().parse_args(argv)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mtnas",
        description="Search, derive, export and serve sparse sharing routes.",
        epilog=EXIT_CODES,
    )
    verbs = parser.add_subparsers(required=True, metavar="VERB")
    verb = _verb(verbs, "quickstart", "the whole line, once")
    verb.add_argument(
        "--workdir", type=local_path, default=Path("runs/quickstart")
    )
    verb.add_argument(
        "--seed",
        type=int,
        choices=range(10),
        default=0,
        help="of the made-up data",
    )
    for add in (
        _add_data,
        _add_models,
        _add_stages,
        _add_comparisons,
        _add_serving,
    ):
        add(verbs)
    return parser


def _add_data(verbs: Any) -> None:
    verb = _verb(verbs, "prepare", "raw files -> TFDS records")
    verb.add_argument("name", metavar="dataset", help="one of the catalog")
    # No paths: they may lie in a bucket.
    verb.add_argument("--raw-dir", help="where the raw files lie")
    verb.add_argument("--data-dir", help="where the records go")
    verb.add_argument(
        "--beam",
        metavar="OPTIONS",
        help="as a Beam pipeline: runner=DirectRunner,direct_num_workers=2",
    )
    data = verbs.add_parser("data", help="about data sets and tables")
    of_data = data.add_subparsers(required=True, metavar="VERB")
    _add_describe(of_data)
    _add_infer(of_data)


def _add_describe(verbs: Any) -> None:
    verb = _verb(verbs, "describe", "rows, labels, fields, collisions")
    verb.add_argument(
        "source", metavar="dataset", help="a name, or a table with --tasks"
    )
    verb.add_argument(
        "--data-dir", type=local_path, help="where the records lie"
    )
    verb.add_argument(
        "--buckets",
        dest="num_buckets",
        type=int,
        help="rows of the embedding table",
    )
    verb.add_argument("--tasks", type=names, default=(), help=TASKS)
    verb.add_argument("--schema", type=local_path, help="of a table")


def _add_infer(verbs: Any) -> None:
    verb = _verb(verbs, "infer", "a table -> its schema, to be edited")
    verb.add_argument("table", type=local_path, help=FILE)
    verb.add_argument("--tasks", type=names, required=True, help=TASKS)
    verb.add_argument(
        "--exclude", type=names, default=(), help="columns to leave out: a,b"
    )
    verb.add_argument("--output", type=local_path, required=True)


def _add_models(verbs: Any) -> None:
    verb = _verb(verbs, "advise", "do tasks conflict? what may a search gain?")
    _add_config(verb)
    verb.add_argument(
        "--deals",
        dest="num_deals",
        type=int,
        default=5,
        help="ways to deal training and validation rows",
    )
    verb.add_argument(
        "--starts",
        dest="num_starts",
        type=int,
        default=2,
        help="trainings of each network on each",
    )

    verb = _verb(verbs, "train", "train one model")
    verb.add_argument("--model", required=True, help="mmoe, shared_bottom, ...")
    _add_config(verb)

    verb = _verb(verbs, "search", "search a sharing route")
    _add_config(verb)
    add_budget(verb)
    add_executor(verb)


def _add_stages(verbs: Any) -> None:
    verb = _verb(verbs, "derive", "searched run -> its route's model")
    verb.add_argument("workdir", type=local_path)
    verb.add_argument(
        "--weights",
        choices=["inherit", "finetune", "retrain"],
        help="the search's as they are, trained further, or fresh ones",
    )
    _add_moved_table(verb)

    verb = _verb(verbs, "evaluate", "exact metrics of a run's model")
    verb.add_argument("workdir", type=local_path)
    verb.add_argument(
        "--split", choices=["train", "valid", "test"], default="test"
    )
    _add_moved_table(verb)


def _add_comparisons(verbs: Any) -> None:
    verb = _verb(verbs, "compare", "every method on the same data")
    _add_config(verb)
    add_budget(verb)
    add_pairs(verb)
    add_executor(verb)
    verb.add_argument(
        "--models",
        type=names,
        default=(),
        help="methods, a,b or `all`, once a seed and without a search",
    )

    verb = _verb(verbs, "sweep", "a comparison for every variant")
    verb.add_argument(
        "plan",
        metavar="config",
        type=local_path,
        help="a file in configs/sweeps/",
    )
    _add_run(verb)
    add_pairs(verb)
    add_executor(verb)

    verb = _verb(
        verbs, "tune", "learning rate and weight decay of every method"
    )
    _add_config(verb)
    verb.add_argument(
        "--trials",
        dest="num_trials",
        type=int,
        default=10,
        help="of every method",
    )
    verb.add_argument(
        "--study",
        type=local_path,
        help="a file through which several `mtnas tune` share the trials",
    )


def _add_serving(verbs: Any) -> None:
    verb = _verb(verbs, "export", "a run's model -> ONNX, SavedModel, preset")
    verb.add_argument("workdir", type=local_path)
    verb.add_argument(
        "--format",
        dest="formats",
        action="append",
        choices=["onnx", "saved_model", "preset"],
        help="may be repeated; without it onnx and saved_model",
    )
    verb.add_argument(
        "--precision",
        choices=["float32", "float16", "int8"],
        default="float32",
        help="of the weights in an ONNX file; needs --format onnx alone",
    )
    verb.add_argument("--license", default="", help="of a preset's data")
    verb.add_argument(
        "--to",
        type=local_path,
        metavar="FOLDER",
        help="of a model's versions: becomes the next, FOLDER/1, FOLDER/2",
    )
    verb.add_argument(
        "--layout",
        choices=["triton", "tf_serving"],
        help="of that folder; triton, the default, is mtnas serve's, too",
    )
    verb = _verb(verbs, "predict", "rows in a file -> predictions")
    verb.add_argument(
        "artefact", type=local_path, help="model.onnx, or its folder"
    )
    for name, dest in (("--input", "rows"), ("--output", "predictions")):
        verb.add_argument(
            name, dest=dest, type=local_path, required=True, help=FILE
        )
    add_arguments(_verb(verbs, "serve", "exports -> a server, REST and gRPC"))


def _verb(verbs: Any, name: str, text: str) -> Any:
    """A verb with what all have, and an example in its help."""
    verb = verbs.add_parser(
        name,
        help=text,
        description=text,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    verb.epilog = f"example:\n  {verb.prog} {EXAMPLES[name]}"
    verb.set_defaults(verb=name, command=verb.prog)
    verb.add_argument(
        "--json", action="store_true", help="print results as JSON on stdout"
    )
    verb.add_argument(
        "--debug", action="store_true", help="show where an error happened"
    )
    return verb


def _add_config(verb: Any) -> None:
    verb.add_argument(
        "config", type=local_path, nargs="?", help="one of configs/"
    )
    _add_run(verb)
    of_table = verb.add_argument_group(
        "a table of your own", "in place of a config, or of its data set"
    )
    of_table.add_argument("--table", help=FILE)
    of_table.add_argument("--tasks", help=TASKS)
    of_table.add_argument("--schema", help="JSON of `mtnas data infer`")


def _add_moved_table(verb: Any) -> None:
    verb.add_argument(
        "--table",
        help="where the run's table lies now, if it was moved",
    )


def _add_run(verb: Any) -> None:
    verb.add_argument(
        "--workdir",
        type=local_path,
        required=True,
        help="the run to make; must not exist",
    )
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override a value of the config, e.g. optim.epochs=2",
    )
