"""The command line: one sub-command per stage, no logic.

TensorFlow is imported by the stage that needs it, so that `--help`, mistakes
in arguments and `mtnas predict` answer at once.
"""

import argparse
import contextlib
import logging
import math
import os
import sys
import tempfile
from collections.abc import Iterator
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path

# Key of a config's table -> the argument of a verb.
TABLE_ARGUMENTS = {"path": "table", "tasks": "tasks", "schema": "schema"}


def main(argv: Sequence[str] | None = None) -> int:
    """Runs `mtnas`; returns its exit code: 0, or 2 after an error."""
    arguments = _parser().parse_args(argv)
    # With --json stdout carries nothing else: progress goes to stderr.
    stdout = sys.stderr if arguments.json else sys.stdout
    try:
        with contextlib.redirect_stdout(stdout):
            if arguments.verb != "predict":
                _import_tensorflow()
            results = arguments.run(arguments)
    except (ValueError, OSError, FloatingPointError, ImportError) as error:
        print(f"mtnas {arguments.verb}: error: {error}", file=sys.stderr)
        return 2
    if arguments.json:
        from mtnas_tf.experiment.strict_json import strict_json

        print(strict_json(results))
    return 0


def _import_tensorflow() -> None:
    """Imports TensorFlow without its start-up lines.

    It writes them past `sys.stderr` and whatever its log level is.
    """
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _stderr_held():
        import tensorflow  # noqa: F401
    logging.getLogger("tensorflow").addFilter(_is_no_retracing)


def _is_no_retracing(record: logging.LogRecord) -> bool:
    """TensorFlow counts the first tracing of every network as another one."""
    return "triggered tf.function retracing" not in record.getMessage()


@contextlib.contextmanager
def _stderr_held() -> Iterator[None]:
    """Holds back what is written to stderr, unless the block raises."""
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(stderr, held.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)


def _quickstart(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import quickstart

    workdir = arguments.workdir
    result = quickstart.run(workdir, _say)
    _serve(
        workdir / "search" / "export",
        workdir / "rows.csv",
        workdir / "predictions.csv",
    )
    _say(quickstart.summary(workdir, result))
    return result


def _prepare(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.data import prepare

    builder = prepare(
        arguments.dataset,
        arguments.raw_dir,
        arguments.data_dir,
        arguments.beam,
    )
    # Of one row each, or of a thousand.
    records = {name: s.num_examples for name, s in builder.info.splits.items()}
    _say(f"{builder.info.full_name} in {builder.data_dir}: records {records}")
    return {"data_dir": str(builder.data_dir), "records": records}


def _describe(arguments: argparse.Namespace) -> Any:
    from mtnas_tf import data
    from mtnas_tf.config import names
    from mtnas_tf.experiment.description_page import markdown_page

    if arguments.tasks is None and arguments.schema is None:
        page = data.describe(
            arguments.dataset, arguments.data_dir, arguments.buckets
        )
    else:
        schema = arguments.schema and data.DatasetSchema.load(arguments.schema)
        page = data.describe_table(
            arguments.dataset, names(arguments.tasks or ""), schema=schema
        )
    _say(markdown_page(page))
    return page


def _infer(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.config import names
    from mtnas_tf.data import from_file
    from mtnas_tf.data import propose_schema
    from mtnas_tf.experiment.proposal_page import text_page

    if arguments.output.exists():
        raise FileExistsError(
            f"`--output` must not exist. Received: {arguments.output}"
        )
    proposal = propose_schema(
        arguments.table,
        names(arguments.tasks),
        exclude=names(arguments.exclude),
    )
    schema = proposal.schema
    schema.save(arguments.output)
    data = from_file(arguments.table, schema=schema, batch_size=1)
    _say(text_page(proposal, data))
    _say(f"{len(schema.fields)} fields, written to {arguments.output}")
    return schema.to_dict()


def _train(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages

    config = _config(arguments)
    results = stages.train(config, arguments.model, arguments.workdir, _say)
    return _shown(results, "valid")


def _search(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages

    results = stages.search(
        _config(arguments), arguments.workdir, _say, _budget(arguments)
    )
    return _shown(results, "valid")


def _derive(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages

    results = stages.derive_run(
        arguments.workdir, arguments.weights, arguments.table
    )
    _say(str(stages.saved_route(arguments.workdir)))
    _say(f"drawn in {arguments.workdir / 'route.svg'}")
    return _shown(results, "valid")


def _evaluate(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages

    metrics = stages.evaluate(
        arguments.workdir, arguments.split, arguments.table
    )
    return _shown({arguments.split: metrics}, arguments.split)


def _compare(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages
    from mtnas_tf.experiment.comparison import report

    result = stages.compare(
        _config(arguments),
        arguments.seeds,
        arguments.workdir,
        _say,
        arguments.splits,
        _budget(arguments),
    )
    lines = [report.text_table(result), report.caption(result)]
    _say("\n" + "\n\n".join([*lines, *report.claim_lines(result)]))
    _say(f"written to {arguments.workdir}")
    return result


def _sweep(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.config import load_sweep
    from mtnas_tf.experiment import stages
    from mtnas_tf.experiment.comparison.sweep import markdown_page

    result = stages.sweep(
        load_sweep(arguments.config, arguments.set),
        arguments.seeds,
        arguments.workdir,
        _say,
        arguments.splits,
    )
    _say(f"\n{markdown_page(result)}\nwritten to {arguments.workdir}")
    return result


def _tune(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages
    from mtnas_tf.experiment.tune import markdown_page

    result = stages.tune(
        _config(arguments), arguments.trials, arguments.workdir, _say
    )
    _say(f"\n{markdown_page(result)}\nwritten to {arguments.workdir}")
    return result


def _export(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.experiment import stages

    formats = arguments.format or ["onnx", "saved_model"]
    directory = stages.export(arguments.workdir, formats, arguments.precision)
    _say(f"exported to {directory}")
    return {"directory": str(directory)}


def _predict(arguments: argparse.Namespace) -> Any:
    rows = _serve(arguments.artefact, arguments.input, arguments.output)
    _say(f"{rows} rows predicted in {arguments.output}")
    return {"rows": rows, "output": str(arguments.output)}


def _serve(artefact: Path, rows: Path, predictions: Path) -> int:
    from export.serving import Predictor
    from export.serving import predict_file

    return predict_file(Predictor(artefact), rows, predictions)


def _config(arguments: argparse.Namespace) -> Any:
    from mtnas_tf.config import ExperimentConfig
    from mtnas_tf.config import load_config
    from mtnas_tf.config import override

    table = [
        f"table.{key}={getattr(arguments, name)}"
        for key, name in TABLE_ARGUMENTS.items()
        if getattr(arguments, name) is not None
    ]
    overrides = [*table, *arguments.set]
    if arguments.config is not None:
        return load_config(arguments.config, overrides)
    if arguments.table is None:
        raise ValueError("`config` or `--table` must be given. Received: none")
    return override(ExperimentConfig(), overrides)


def _budget(arguments: argparse.Namespace) -> float | None:
    """Minutes, or `None` for as long as it takes.

    A config says how much there is to train; without one there is a limit.
    """
    from mtnas_tf.experiment.budget import DEFAULT_MINUTES

    if arguments.budget is not None:
        return None if arguments.budget == math.inf else arguments.budget
    return DEFAULT_MINUTES if arguments.config is None else None


def _minutes(text: str) -> float:
    """An argument of `--budget`; `none` is infinity."""
    try:
        minutes = math.inf if text.lower() == "none" else float(text)
    except ValueError:
        minutes = math.nan
    if not minutes > 0:
        raise argparse.ArgumentTypeError(
            f"must be a positive number of minutes, or none. Received: {text}"
        )
    return minutes


def _say(text: str) -> None:
    print(text, flush=True)


def _shown(results: Any, split: str) -> Any:
    metrics = results[split]
    text = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
    _say(f"{split}: {text}")
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mtnas",
        description="Search, derive, export and serve sparse sharing routes.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")

    verb = _verb(verbs, "quickstart", _quickstart, "the whole line, once")
    verb.add_argument(
        "--workdir", type=local_path, default=Path("runs/quickstart")
    )

    verb = _verb(verbs, "prepare", _prepare, "raw files -> TFDS records")
    verb.add_argument("dataset")
    # No paths: they may lie in a bucket.
    verb.add_argument("--raw-dir", help="where the raw files lie")
    verb.add_argument("--data-dir", help="where the records go")
    verb.add_argument(
        "--beam",
        metavar="OPTIONS",
        help="as a Beam pipeline: runner=DirectRunner,direct_num_workers=2",
    )

    data = verbs.add_parser("data", help="about data sets")
    of_data = data.add_subparsers(required=True, metavar="VERB")
    verb = _verb(
        of_data, "describe", _describe, "rows, labels, fields, collisions"
    )
    verb.add_argument("dataset", help="a name, or a table with --tasks")
    verb.add_argument(
        "--data-dir", type=local_path, help="where the records lie"
    )
    verb.add_argument("--buckets", type=int, help="rows of the table")
    verb.add_argument("--tasks", help="columns of a table's labels: a,b")
    verb.add_argument("--schema", type=local_path, help="of a table")

    verb = _verb(
        of_data, "infer", _infer, "a table -> its schema, to be edited"
    )
    verb.add_argument(
        "table", type=local_path, help="CSV, Parquet or JSON lines"
    )
    verb.add_argument("--tasks", required=True, help="columns of labels: a,b")
    verb.add_argument("--exclude", default="", help="columns to leave: a,b")
    verb.add_argument("--output", type=local_path, required=True)

    verb = _verb(verbs, "train", _train, "train one model")
    _add_config(verb)
    verb.add_argument("--model", required=True, help="mmoe, shared_bottom, ...")

    verb = _verb(verbs, "search", _search, "search a sharing route")
    _add_config(verb)
    _add_budget(verb)

    verb = _verb(verbs, "derive", _derive, "searched run -> its route's model")
    verb.add_argument("workdir", type=local_path)
    verb.add_argument("--weights", choices=["inherit", "finetune", "retrain"])
    _add_moved_table(verb)

    verb = _verb(verbs, "evaluate", _evaluate, "exact metrics of a run's model")
    verb.add_argument("workdir", type=local_path)
    verb.add_argument(
        "--split", choices=["train", "valid", "test"], default="test"
    )
    _add_moved_table(verb)

    verb = _verb(verbs, "compare", _compare, "every method on the same data")
    _add_config(verb)
    _add_budget(verb)
    _add_pairs(verb)

    verb = _verb(verbs, "sweep", _sweep, "a comparison for every variant")
    verb.add_argument(
        "config", type=local_path, help="a file in configs/sweeps/"
    )
    _add_run(verb)
    _add_pairs(verb)

    verb = _verb(
        verbs, "tune", _tune, "learning rate and weight decay of every method"
    )
    _add_config(verb)
    verb.add_argument("--trials", type=int, default=10, help="of every method")

    verb = _verb(verbs, "export", _export, "a run's model -> ONNX, SavedModel")
    verb.add_argument("workdir", type=local_path)
    verb.add_argument(
        "--format", action="append", choices=["onnx", "saved_model"]
    )
    verb.add_argument(
        "--precision",
        choices=["float32", "float16", "int8"],
        default="float32",
        help="of the weights in an ONNX file; needs --format onnx alone",
    )

    verb = _verb(verbs, "predict", _predict, "rows in a file -> predictions")
    verb.add_argument(
        "artefact", type=local_path, help="model.onnx, or its folder"
    )
    kinds = "CSV, JSON lines or Parquet, by its suffix"
    verb.add_argument("--input", type=local_path, required=True, help=kinds)
    verb.add_argument("--output", type=local_path, required=True, help=kinds)
    return parser


def _verb(verbs: Any, name: str, run: Any, text: str) -> Any:
    verb = verbs.add_parser(name, help=text, description=text)
    verb.set_defaults(run=run)
    verb.add_argument(
        "--json", action="store_true", help="print results as JSON on stdout"
    )
    return verb


def _add_pairs(verb: Any) -> None:
    verb.add_argument(
        "--seeds", type=int, default=3, help="seeds on every split"
    )
    verb.add_argument("--splits", type=int, default=1)


def _add_config(verb: Any) -> None:
    verb.add_argument(
        "config", type=local_path, nargs="?", help="one of configs/"
    )
    _add_run(verb)
    of_table = verb.add_argument_group(
        "a table of your own", "in place of a config, or of its data set"
    )
    of_table.add_argument("--table", help="a CSV or Parquet file")
    of_table.add_argument("--tasks", help="columns that are labels: a,b")
    of_table.add_argument("--schema", help="JSON of `mtnas data infer`")


def _add_budget(verb: Any) -> None:
    verb.add_argument(
        "--budget",
        type=_minutes,
        metavar="MINUTES",
        help="train what there is time for, or `none`: all of it; without a "
        "config 10",
    )


def _add_moved_table(verb: Any) -> None:
    verb.add_argument(
        "--table", help="where the run's table lies now, if it was moved"
    )


def _add_run(verb: Any) -> None:
    verb.add_argument("--workdir", type=local_path, required=True)
    verb.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override a value of the config, e.g. optim.epochs=2",
    )
