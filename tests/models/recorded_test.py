"""Models, searches, populations and exports give the numbers of before."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import recorded_runs
from tolerances import NETWORK_TERMS
from tolerances import assert_near

RECORDED = json.loads(
    Path(__file__).with_name("recorded.json").read_text(encoding="utf-8")
)
# Steps follow one another: what one rounds, the next ones start from.
NUM_STEPS = 2 * 63


def assert_as_recorded(received, expected, num_terms, case):
    """Compares numbers up to rounding, those below 1 absolutely."""
    assert received.keys() == expected.keys(), case
    for key, value in expected.items():
        name = f"{case} {key}"
        if isinstance(value, dict):
            assert_as_recorded(received[key], value, num_terms, name)
        else:
            assert_near(
                received[key],
                value,
                num_terms,
                scale=max(1.0, np.nanmax(np.abs(value))),
                err_msg=name,
            )


def check(name, data, path):
    for case, run in recorded_runs.all_runs(name, data, path).items():
        num_steps = 1 if "export" in case else NUM_STEPS
        num_terms = num_steps * NETWORK_TERMS
        assert_as_recorded(run(), RECORDED[case], num_terms, case)


@pytest.mark.slow
def test_on_synthetic_rows(tmp_path):
    data = recorded_runs.synthetic_data(tmp_path / "data")
    check("synthetic", data, tmp_path)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.real_data
def test_on_book_crossing(tmp_path):
    if not os.environ.get("MTNAS_RAW_DIR"):
        pytest.skip("MTNAS_RAW_DIR does not say where the raw files are")
    check("book_crossing", recorded_runs.book_crossing_data(), tmp_path)


def test_no_recorded_case_is_left_out(tmp_path):
    cases = {
        case
        for name in ("synthetic", "book_crossing")
        for case in recorded_runs.all_runs(name, None, tmp_path)
    }
    assert cases == RECORDED.keys()
