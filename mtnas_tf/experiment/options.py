"""Arguments of the command line that several verbs have."""

import argparse
from typing import Any

import shtab

from mtnas_preprocessing import local_path
from mtnas_tf.arguments import minutes
from mtnas_tf.experiment.help_texts import DESCRIPTIONS
from mtnas_tf.experiment.help_texts import EXAMPLES
from mtnas_tf.experiment.help_texts import FILE
from mtnas_tf.experiment.help_texts import SCHEMA
from mtnas_tf.experiment.help_texts import TASKS
from mtnas_tf.jobs.named_executor import FORMS
from mtnas_tf.jobs.named_executor import check_executor

HELP_COLUMN = 22  # where the texts of a help begin


def formatter(prog: str) -> argparse.HelpFormatter:
    """Keeps the lines of examples, and has a narrow first column.

    Args:
        prog: the command.
    """
    return argparse.RawDescriptionHelpFormatter(
        prog, max_help_position=HELP_COLUMN
    )


def new_verb(verbs: Any, name: str, text: str) -> Any:
    """A verb with what all have, and an example in its help.

    Args:
        verbs: what `add_subparsers` returns.
        name: string, of its module and function, too.
        text: string. Its line in the list of verbs.
    """
    verb = verbs.add_parser(
        name,
        help=text,
        description=DESCRIPTIONS[name],
        formatter_class=formatter,
    )
    verb.epilog = f"example:\n  {verb.prog} {EXAMPLES[name]}".rstrip()
    verb.set_defaults(verb=name, command=verb.prog)
    verb.add_argument(
        "--json", action="store_true", help="print results as JSON on stdout"
    )
    verb.add_argument(
        "--debug", action="store_true", help="show where an error happened"
    )
    return verb


def add_path(verb: Any, name: str, text: str, **options: Any) -> None:
    """A file or a folder of this machine; shells complete it.

    Args:
        verb: the parser.
        name: of the argument.
        text: its help.
        **options: see `add_argument`.
    """
    action = verb.add_argument(name, type=local_path, help=text, **options)
    action.complete = shtab.FILE


def add_count(verb: Any, name: str, dest: str, default: int, text: str) -> None:
    """A number of things.

    Args:
        verb: the parser.
        name: of the argument.
        dest: the argument of the verb's function.
        default: int.
        text: its help, to which the default is added.
    """
    verb.add_argument(
        name,
        dest=dest,
        metavar="N",
        type=int,
        default=default,
        help=f"{text} (default: {default})",
    )


def add_pairs(verb: Any) -> None:
    """Seeds and splits of a comparison."""
    add_count(verb, "--seeds", "num_seeds", 3, "seeds on every split")
    add_count(verb, "--splits", "num_splits", 1, "ways to deal the rows")


def add_config(verb: Any) -> None:
    """A config, or a table in its place."""
    text = "a Python file such as those in configs/, or a run's config.json"
    add_path(verb, "config", text, nargs="?")
    add_run(verb)
    of_table = verb.add_argument_group(
        "a table of your own, in place of a config or of its data set"
    )
    of_table.add_argument(
        "--table", metavar="FILE", help=FILE
    ).complete = shtab.FILE
    of_table.add_argument("--tasks", metavar="A,B", help=TASKS)
    of_table.add_argument(
        "--schema", metavar="FILE", help=SCHEMA
    ).complete = shtab.FILE


def add_budget(verb: Any) -> None:
    """Minutes that a verb may take."""
    verb.add_argument(
        "--budget",
        type=minutes,
        metavar="MINUTES",
        help="train what there is time for; `none` trains all (default: none "
        "with a config, 10 without one)",
    )


def add_executor(verb: Any) -> None:
    """Who trains."""
    verb.add_argument(
        "--executor",
        type=_executor,
        metavar="WORKERS",
        help=f"who trains: {FORMS}; without it this process",
    )


def add_moved_table(verb: Any) -> None:
    """A table that was moved after its run."""
    verb.add_argument(
        "--table",
        metavar="FILE",
        help="where the run's table lies now, if it was moved",
    ).complete = shtab.FILE


def add_seen_ids(verb: Any) -> None:
    """Whether embeddings are left out by the run's rows, and its table."""
    verb.add_argument(
        "--seen-ids",
        action="store_true",
        help="leave out the embeddings of ids that no training row has; needs "
        "formats of ONNX alone, and the run's data",
    )
    add_moved_table(verb)


def add_run(verb: Any) -> None:
    """The run to make, and values of its config."""
    add_path(
        verb,
        "--workdir",
        "the run to make; must not exist. While it runs it is DIR.partial",
        metavar="DIR",
        required=True,
    )
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="change a value of the config, such as optim.epochs=2; may be "
        "repeated",
    )


def _executor(text: str) -> str:
    try:
        return check_executor(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
