"""The raw files that studies read."""

import os
import pathlib

import pandas as pd

import tfds_builders
from studies.settings import Settings
from tfds_builders.census_income.parsing import COLUMNS

RAW_DIR = "MTNAS_RAW_DIR"
DUMMY_DATA = pathlib.Path(str(tfds_builders.__file__)).parent
SMOKE_REPEATS = 30  # dummy files hold some ten rows


def raw_dir(settings: Settings) -> pathlib.Path:
    """The folder of the raw files; in a smoke run of made-up ones.

    Raises:
        FileNotFoundError: if the environment does not name it.
    """
    if settings.is_smoke:
        return DUMMY_DATA
    if RAW_DIR not in os.environ:
        raise FileNotFoundError(
            f"{RAW_DIR} must name the folder of the raw files, with "
            "census_income_kdd/ and kuairand/ in it. Received: none"
        )
    return pathlib.Path(os.environ[RAW_DIR])


def census_test_file(directory: pathlib.Path) -> pd.DataFrame:
    """The test file of Census-Income with the names of its columns.

    Args:
        directory: what `raw_dir` returns.
    """
    path = "census_income_kdd/census-income.test.gz"
    if directory == DUMMY_DATA:
        path = "census_income/dummy_data/census-income.test"
    return pd.read_csv(
        directory / path,
        names=list(COLUMNS),
        skipinitialspace=True,
        keep_default_na=False,
    )


def repeated(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of a made-up file, often enough to train on."""
    return pd.concat([frame] * SMOKE_REPEATS, ignore_index=True)
