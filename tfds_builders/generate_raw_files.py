"""Made-up raw files of any size, to try a builder at the original's scale.

python -m tfds_builders.generate_raw_files tiktok --rows 19622340 --out RAW
"""

import argparse
from collections.abc import Sequence

from etils import epath

from tfds_builders.goodreads_poetry import generator as goodreads_poetry
from tfds_builders.tiktok import generator as tiktok

GENERATORS = {"goodreads_poetry": goodreads_poetry, "tiktok": tiktok}


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files that the command line asks for.

    Args:
        arguments: words of the command line. Defaults to the process's own.
    """
    parser = argparse.ArgumentParser(
        prog="python -m tfds_builders.generate_raw_files",
        description="Writes made-up raw files of a data set.",
    )
    parser.add_argument("dataset", choices=sorted(GENERATORS))
    parser.add_argument("--rows", type=int, required=True, help="rows to write")
    parser.add_argument("--seed", type=int, default=0, help="default: 0")
    parser.add_argument("--out", required=True, help="folder of the files")
    options = parser.parse_args(arguments)
    if options.rows < 1:
        parser.error(f"--rows must be positive. Received: {options.rows}")
    if options.seed < 0:
        parser.error(f"--seed must not be negative. Received: {options.seed}")
    directory = epath.Path(options.out)
    directory.mkdir(parents=True, exist_ok=True)
    GENERATORS[options.dataset].write_files(
        directory, options.rows, options.seed
    )


if __name__ == "__main__":
    main()
