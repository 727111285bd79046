"""Searches a route on a CSV of one's own, and serves raw rows with it.

    python examples/own_csv.py log.csv --tasks click like --output out/

Labels are columns of 0 and 1; an empty cell is a label that was not observed.
The schema that was inferred is saved: read it, for it decides the results.
"""

import argparse
import pathlib

import pandas as pd

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor


def main(path: pathlib.Path, tasks: list[str], output: pathlib.Path) -> None:
    """Searches, compares, exports and predicts five rows."""
    data = mt.data.from_csv(path, tasks=tasks)
    output.mkdir(parents=True, exist_ok=True)
    data.schema.save(output / "schema.json")

    search = mt.search.CandidateSearch(data.schema)
    found = search.run(data)
    print(found.route)
    # As many random routes, and MMoE from as many starts.
    print(found.report())
    mt.plots.draw_route(found.route, output / "route.svg")

    export_model(found.network, output / "export")
    predictor = Predictor(output / "export")
    names = [field.name for field in predictor.fields]
    rows = pd.read_csv(path, nrows=5)[names]
    predictions = predictor.predict(rows)
    print(rows.assign(**{task: predictions[task] for task in tasks}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("path", type=pathlib.Path)
    parser.add_argument("--tasks", nargs="+", required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    main(**vars(parser.parse_args()))
