"""Trains a saved model on newer rows, exports and serves it.

    python examples/fine_tune_and_serve.py model.keras schema.json new.csv out/

Ids that the newer rows bring are hashed into the table that the model has. The
schema is the one that the model was trained with.
"""

import argparse
import pathlib

import keras
import numpy as np
import pandas as pd

import mtnas_tf as mt
from export import export_model
from export.serving import Predictor


def main(
    model: pathlib.Path,
    schema: pathlib.Path,
    table: pathlib.Path,
    output: pathlib.Path,
) -> None:
    """Trains further, compares on the test rows, exports and predicts."""
    data = mt.data.from_csv(table, schema=mt.data.DatasetSchema.load(schema))
    network = keras.saving.load_model(model)
    before = network.evaluate(data.test, return_dict=True, verbose=0)
    network.compile(mt.optimizers.SparseAdam(1e-4))  # a tenth of the usual
    network.fit(
        data.train,
        validation_data=data.valid,
        epochs=3,
        callbacks=[
            keras.callbacks.EarlyStopping(restore_best_weights=True),
        ],
    )
    after = network.evaluate(data.test, return_dict=True, verbose=0)
    print(pd.DataFrame({"before": before, "after": after}).round(4))

    export_model(network, output)
    predictor = Predictor(output)
    rows = pd.read_csv(table, nrows=100)
    served = predictor.predict(rows[[f.name for f in predictor.fields]])
    for task, values in served.items():
        print(task, np.round(values[:5], 4))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    for name in ("model", "schema", "table", "output"):
        parser.add_argument(name, type=pathlib.Path)
    main(**vars(parser.parse_args()))
