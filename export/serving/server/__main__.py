"""The command line of a serving host: exports -> a server."""

import argparse
import sys
from collections.abc import Sequence

from .arguments import add_arguments
from .options import ServerOptions
from .serve import serve


def main(argv: Sequence[str] | None = None) -> int:
    """Serves until SIGTERM; returns 0, or 2 after an error."""
    parser = argparse.ArgumentParser(
        prog="mtnas-serve",
        description="Serves exported models by the Open Inference Protocol.",
    )
    add_arguments(parser)
    try:
        options = ServerOptions(**vars(parser.parse_args(argv)))
        serve(options)
    except (ValueError, OSError, ImportError) as error:
        print(f"mtnas-serve: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
