"""Five reactions to a video: data, models, a search, and predictions.

mtnas prepare kuairand/pure --raw-dir RAW --data-dir DATA
python examples/kuairand.py --data-dir DATA --output out/

An AUC of one start on one split says little: see `mtnas compare`.
"""

import argparse
import pathlib

import pandas as pd
import tensorflow_datasets as tfds

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor


def main(data_dir: pathlib.Path, output: pathlib.Path) -> None:
    """Trains models and a search, and predicts five rows by what was found."""
    data = mt.data.load("kuairand/pure", data_dir=data_dir, split_seed=1)
    for task, labels in data.splits["train"].labels.items():
        print(f"{task}: {labels.mean():.1%} of {len(labels):,} rows positive")

    # Likes are rare, and one pass of smaller steps leaves them half learned.
    rate = 4e-3
    results = {}
    for model in (
        mt.models.SingleTask(data.schema),
        mt.models.SharedBottom(data.schema),
        mt.models.MMoE(data.schema),
    ):
        model.compile(mt.optimizers.SparseAdam(rate))
        model.fit(data.train, epochs=1, verbose=0)
        results[type(model).__name__] = model.evaluate_by_task(data.valid)

    # A route may give a task an embedding table of its own.
    search = mt.search.CandidateSearch(
        data.schema,
        num_tables=2,
        optimizer=mt.optimizers.SparseAdam(rate),
        epochs=1,
        num_rounds=3,
    )
    found = search.run(data)
    print(found.route)
    output.mkdir(parents=True, exist_ok=True)
    mt.plots.draw_route(found.route, output / "route.svg")

    # The search chose its network by these rows: its AUCs look too good here.
    results["searched"] = found.network.evaluate_by_task(data.valid)
    aucs = {
        name: {task: values["auc"] for task, values in by_task.items()}
        for name, by_task in results.items()
    }
    print(pd.DataFrame(aucs).T.round(4).to_string())

    found.network.save(output / "model.keras")
    export_model(found.network, output / "export")
    predictor = Predictor(output / "export")
    records = tfds.load("kuairand/pure", split="test[:5]", data_dir=data_dir)
    names = [field.name for field in predictor.fields]
    rows = tfds.as_dataframe(records)[names]
    predictions = predictor.predict(rows)
    print(rows[names[:2]].assign(**predictions).round(4).to_string())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    main(**vars(parser.parse_args()))
