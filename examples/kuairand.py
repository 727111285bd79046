"""Five reactions to a video: data, models, a search, and what it is worth.

mtnas prepare kuairand/pure --raw-dir RAW --data-dir DATA
python examples/kuairand.py --data-dir DATA --output out/

An AUC of one start on one split says little: see `mtnas compare`.
"""

import argparse
import pathlib

import pandas as pd

import mtnas_tf as mt


def main(data_dir: pathlib.Path, output: pathlib.Path) -> None:
    """Trains models and a search, and prints their validation AUCs."""
    data = mt.data.load("kuairand/pure", data_dir=data_dir, split_seed=1)
    results = {}
    for model in (
        mt.models.SingleTask(data.schema),
        mt.models.SharedBottom(data.schema),
        mt.models.MMoE(data.schema),
    ):
        model.compile(mt.optimizers.SparseAdam(1e-3))
        model.fit(data.train, validation_data=data.valid, epochs=1)
        results[type(model).__name__] = model.evaluate_by_task(data.valid)

    # A route may give a task an embedding table of its own.
    search = mt.search.CandidateSearch(data.schema, num_tables=2, epochs=1)
    found = search.run(data)
    results["searched"] = found.network.evaluate_by_task(data.valid)
    aucs = {
        name: {task: values["auc"] for task, values in by_task.items()}
        for name, by_task in results.items()
    }
    print(pd.DataFrame(aucs).T.round(4))
    output.mkdir(parents=True, exist_ok=True)
    mt.plots.draw_route(found.route, output / "route.svg")
    found.network.save(output / "model.keras")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    main(**vars(parser.parse_args()))
