"""Verbs of the command line, as the tests of this folder run them."""

import csv
import json

import numpy as np

from mtnas_tf.cli import main

ROWS = [
    {"user": "ann", "x": [0.5, -1.0], "item": "i1", "age": 34},
    {"user": None, "x": [2.0, 0.25], "item": "i2", "age": None},
]
CSV = "user,x_0,x_1,item,age\nann,0.5,-1.0,i1,34\n,2.0,0.25,i2,\n"


def run(capsys, *arguments):
    """Runs a verb with --json and returns what it printed on stdout."""
    assert main([*map(str, arguments), "--json"]) == 0

    def refuse(constant):
        raise AssertionError(constant)

    return json.loads(capsys.readouterr().out, parse_constant=refuse)


def error_of(capsys, *arguments):
    """Runs a verb that fails and returns what it printed on stderr."""
    assert main([*map(str, arguments)]) == 2
    captured = capsys.readouterr()
    assert "Traceback" not in captured.err
    prefix = f"mtnas {arguments[0]}: error: "
    assert prefix in captured.err
    return captured.err.partition(prefix)[2]


def read_predictions(path):
    with path.open() as file:
        header, *rows = csv.reader(file)
    return header, np.array(rows, "float32")
