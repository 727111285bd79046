"""Census-Income's two files -> one record per person.

A line holds 42 columns, separated by ", ", without quotes or a header; commas
inside values were removed by the donors. The files are ASCII.
"""

import gzip
import logging
import math
import re
import zlib
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from etils import epath

TRAIN = "census-income.data"
TEST = "census-income.test"
NUM_ROWS = {TRAIN: 199_523, TEST: 99_762}
HOW_TO_GET = f"""\
Put {TRAIN} and {TEST}, as they are or with .gz, into one folder and
pass that folder as `manual_dir`. They are inside
https://archive.ics.uci.edu/static/public/117/census+income+kdd.zip (unpack the
zip, then the census.tar.gz inside it). Either file alone is enough: it is then
split 8:1:1, and numbers on it do not compare with those of the official split.
"""

COLUMNS = (
    "age",
    "class_worker",
    "det_ind_code",
    "det_occ_code",
    "education",
    "wage_per_hour",
    "hs_college",
    "marital_stat",
    "major_ind_code",
    "major_occ_code",
    "race",
    "hisp_origin",
    "sex",
    "union_member",
    "unemp_reason",
    "full_or_part_emp",
    "capital_gains",
    "capital_losses",
    "stock_dividends",
    "tax_filer_stat",
    "region_prev_res",
    "state_prev_res",
    "det_hh_fam_stat",
    "det_hh_summ",
    "instance_weight",
    "mig_chg_msa",
    "mig_chg_reg",
    "mig_move_reg",
    "mig_same",
    "mig_prev_sunbelt",
    "num_emp",
    "fam_under_18",
    "country_father",
    "country_mother",
    "country_self",
    "citizenship",
    "own_or_self",
    "vet_question",
    "vet_benefits",
    "weeks_worked",
    "year",
    "income_50k",
)
INTEGERS = (
    "age",
    "det_ind_code",
    "det_occ_code",
    "wage_per_hour",
    "capital_gains",
    "capital_losses",
    "stock_dividends",
    "num_emp",
    "own_or_self",
    "vet_benefits",
    "weeks_worked",
    "year",
)
TEXTS = tuple(
    name
    for name in COLUMNS
    if name not in (*INTEGERS, "instance_weight", "income_50k")
)
INCOMES = {"- 50000.": 0.0, "50000+.": 1.0}
MARITAL_STATS = (
    "Never married",
    "Married-civilian spouse present",
    "Married-spouse absent",
    "Separated",
    "Divorced",
    "Widowed",
    "Married-A F spouse present",
)

SPLIT_SEED = 0

_INTEGER = re.compile(r"\d{1,9}")  # fits int32
_DECIMAL = re.compile(r"\d{1,9}(\.\d+)?")


def read_files(directory: epath.PathLike) -> dict[str, list[bytes]]:
    """Lines of the files that are there, by name without `.gz`.

    Args:
        directory: folder that holds one or both files, with or without `.gz`.
            The compressed one is preferred.

    Raises:
        FileNotFoundError: if neither file is there.
        ValueError: if a file is empty, or compressed and damaged.
    """
    directory = epath.Path(directory)
    files = {}
    for name in NUM_ROWS:
        for path in (directory / f"{name}.gz", directory / name):
            if name not in files and path.exists():
                files[name] = _lines(path)
    if not files:
        raise FileNotFoundError(
            f"`manual_dir` must hold {TRAIN} or {TEST}, or both, as they are "
            f"or with .gz. Received: manual_dir={directory}\n{HOW_TO_GET}"
        )
    _warn_incomplete(files)
    return files


def parse_line(name: str, number: int, line: bytes) -> dict[str, Any]:
    """The record of one person.

    Args:
        name: string. The file, for errors.
        number: int. The line's number in it, from 1, for errors.
        line: bytes without their line end.

    Raises:
        ValueError: if the line is no person. None is ever skipped.
    """
    try:
        return _record(line.decode("ascii"))
    except ValueError as error:  # a UnicodeDecodeError is one
        raise ValueError(
            f"Line {number} of {name} must be one of Census-Income (KDD): "
            f"{error}. Received: line={line[:200]!r}"
        ) from error


def split_rows(
    num_rows: Mapping[str, int],
) -> dict[str, tuple[str, np.ndarray]]:
    """File and row numbers, from 0, of each split.

    With both files, the train file is the train split, and the test file is
    shuffled and halved into valid and test. One file alone is shuffled and cut
    8:1:1.

    Args:
        num_rows: dict of file name -> number of its lines.
    """
    if len(num_rows) == 2:
        valid, test = _shuffled(num_rows[TEST], (1, 1))
        return {
            "train": (TRAIN, np.arange(num_rows[TRAIN])),
            "valid": (TEST, valid),
            "test": (TEST, test),
        }
    ((name, count),) = num_rows.items()
    parts = _shuffled(count, (8, 1, 1))
    splits = ("train", "valid", "test")
    return {s: (name, rows) for s, rows in zip(splits, parts, strict=True)}


def amount_bucket(amount: int) -> int:
    """Number of an amount's half octave: 2 log2(1 + amount), rounded.

    Example:
    >>> [amount_bucket(amount) for amount in (0, 1, 500, 1000, 99999)]
    [0, 2, 18, 20, 33]
    """
    return round(2 * math.log2(1 + amount))


def _lines(path: epath.Path) -> list[bytes]:
    content = path.read_bytes()
    if path.suffix == ".gz":
        try:
            content = gzip.decompress(content)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise ValueError(
                f"`{path.name}` must be a complete gzip file; download it "
                f"again. Received: {path} ({error})"
            ) from error
    if not content.strip():
        raise ValueError(
            f"`{path.name}` must hold lines. Received: {path} (empty)"
        )
    lines = content.rstrip(b"\r\n").split(b"\n")
    return [line.removesuffix(b"\r") for line in lines]


def _record(line: str) -> dict[str, Any]:
    values = [value.strip(" ") for value in line.split(",")]
    if len(values) != len(COLUMNS):
        raise ValueError(f"it has {len(values)} columns, not {len(COLUMNS)}")
    row = dict(zip(COLUMNS, values, strict=True))
    if row["marital_stat"] not in MARITAL_STATS:
        raise ValueError(f"column `marital_stat` is not in {MARITAL_STATS}")
    if row["income_50k"] not in INCOMES:
        raise ValueError(f"column `income_50k` is not in {tuple(INCOMES)}")
    if not _DECIMAL.fullmatch(row["instance_weight"]):
        raise ValueError("column `instance_weight` is no decimal number")
    integers = {name: _integer(name, row[name]) for name in INTEGERS}
    return {
        **{name: "" if row[name] == "?" else row[name] for name in TEXTS},
        **integers,
        "wage_per_hour_bucket": amount_bucket(integers["wage_per_hour"]),
        "stock_dividends_bucket": amount_bucket(integers["stock_dividends"]),
        "instance_weight": float(row["instance_weight"]),
        "income": INCOMES[row["income_50k"]],
        "never_married": float(row["marital_stat"] == "Never married"),
    }


def _integer(name: str, text: str) -> int:
    if not _INTEGER.fullmatch(text):
        raise ValueError(f"column `{name}` is no integer of at most 9 digits")
    return int(text)


def _shuffled(count: int, shares: Sequence[int]) -> list[np.ndarray]:
    """The numbers below `count`, shuffled and cut in proportion to `shares`."""
    order = np.random.default_rng(SPLIT_SEED).permutation(count)
    ends = np.cumsum(shares)[:-1] * count / sum(shares)
    return np.split(order, np.rint(ends).astype(int))


def _warn_incomplete(files: Mapping[str, list[bytes]]) -> None:
    logger = logging.getLogger(__name__)
    for name, lines in files.items():
        if len(lines) != NUM_ROWS[name]:
            logger.warning(
                "%s holds %d lines; the official file holds %d.",
                name,
                len(lines),
                NUM_ROWS[name],
            )
    if len(files) == 1:
        logger.warning(
            "Only %s is there: it is split 8:1:1, not as in the literature.",
            *files,
        )
