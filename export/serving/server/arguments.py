"""Arguments of a server's command line, `mtnas serve` and `mtnas-serve`."""

import argparse
import dataclasses

from mtnas_preprocessing import local_path

from .options import ServerOptions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds an argument for each field of `ServerOptions`."""
    defaults = {
        field.name: field.default for field in dataclasses.fields(ServerOptions)
    }
    parser.add_argument(
        "artefact",
        type=local_path,
        help="an export, a folder of its versions 1/, 2/, or of such folders",
    )
    for name, kind, text in (
        ("name", str, "name of the only model (default: its folder's)"),
        ("host", str, "address to listen on"),
        ("http_port", int, "port of REST"),
        ("grpc_port", int, "port of gRPC"),
        ("workers", int, "processes that answer"),
        ("threads", int, "threads of one prediction"),
        ("max_batch_size", int, "rows of requests predicted together"),
        ("max_latency_ms", float, "how long a request may wait for others"),
        ("poll_seconds", float, "time between looks for new versions"),
    ):
        default = defaults[name]
        if default is not None:
            text = f"{text} (default: {default})"
        option = f"--{name.replace('_', '-')}"
        metavar = name.rpartition("_")[2].upper()
        parser.add_argument(
            option, type=kind, default=default, metavar=metavar, help=text
        )
