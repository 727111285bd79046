"""The paper's search: REINFORCE on the routes of one large network.

    mtnas prepare book_crossing --raw-dir RAW --data-dir DATA
    python examples/reinforce_search.py --data-dir DATA --output out/

One `train_step` alternates a gradient step of the weights on a training batch
with a step of the route's logits on a validation batch. The route is derived,
pruned, and trained again from new weights.
"""

import argparse
import pathlib

import mtnas_tf as mt


def main(data_dir: pathlib.Path, output: pathlib.Path) -> None:
    """Searches, and trains the derived network anew."""
    data = mt.data.load("book_crossing", data_dir=data_dir)
    search = mt.search.SearchModel(mt.models.MTNAS(data.schema))
    search.compile(estimator="reinforce")
    search.fit(data.search, validation_data=data.valid, epochs=1)

    route = mt.derive.derive_route(search)
    print(route)
    output.mkdir(parents=True, exist_ok=True)
    mt.plots.draw_route(route, output / "route.svg")

    inherited = mt.derive.build_model(search, route)
    print("inherited", inherited.evaluate(data.valid, return_dict=True))
    anew = mt.derive.new_model(search.supernet, route)
    anew.compile(mt.optimizers.SparseAdam(1e-3))
    anew.fit(data.train, validation_data=data.valid, epochs=1)
    print("anew", anew.evaluate(data.valid, return_dict=True))
    anew.save(output / "model.keras")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data-dir", type=pathlib.Path, required=True)
    parser.add_argument("--output", type=pathlib.Path, required=True)
    main(**vars(parser.parse_args()))
