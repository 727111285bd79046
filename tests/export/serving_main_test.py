"""`python -m export.serving`."""

import numpy as np
import pandas as pd
import pytest
from tolerances import assert_near

from export.serving import Predictor
from export.serving.__main__ import main

ROWS = pd.DataFrame(
    {"user": ["ann", "bob"], "age": [34, 50], "x": ["1|2|3|4", "0|0|0|1"]}
)


def test_rows_of_a_file_are_predicted(export_dir, tmp_path, capsys):
    ROWS.to_csv(tmp_path / "rows.csv", index=False)
    output = tmp_path / "out.csv"
    arguments = ["--input", str(tmp_path / "rows.csv"), "--output", str(output)]
    assert main([str(export_dir), *arguments]) == 0
    assert f"2 rows predicted in {output}" in capsys.readouterr().out
    expected = Predictor(export_dir).predict(ROWS)
    found = pd.read_csv(output)
    for task, values in expected.items():
        assert_near(found[task].to_numpy(np.float32), values)


@pytest.mark.parametrize(
    ("artefact", "columns", "message"),
    [
        ("absent", ["user", "age", "x"], "`path` must be an export"),
        (None, ["user", "age"], "must hold field `x`"),
    ],
)
def test_an_error_is_one_line(
    artefact, columns, message, export_dir, tmp_path, capsys
):
    ROWS[columns].to_csv(tmp_path / "rows.csv", index=False)
    rows, output = str(tmp_path / "rows.csv"), str(tmp_path / "out.csv")
    artefact = str(tmp_path / artefact if artefact else export_dir)
    assert main([artefact, "--input", rows, "--output", output]) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("mtnas-predict: error: ")
    assert message in captured.err and captured.err.count("\n") == 1
