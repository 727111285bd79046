"""Do searches in a supernet settle on a route?"""

import dataclasses
import itertools
import statistics
from collections.abc import Iterable
from collections.abc import Mapping
from typing import Any

from keras import ops

from benchmarks.harness import report
from benchmarks.harness.processes import progress
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import SupernetConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment import runner
from studies.experiment import load
from studies.settings import Settings

ESTIMATORS = ("reinforce", "paper")
SEEDS = 5
SETTLED = 0.9
DEFAULT = SupernetConfig()
# Epochs of the search and of its warm-up.
LENGTHS = {
    "one pass": (1, 0),
    "default": (DEFAULT.epochs, DEFAULT.warmup_epochs),
}
PROTOCOL = """\
Searches in the supernet of `configs/book_crossing.py`, which also choose the
query of each gate, as in the paper. They take one pass over the rows, as in
that config, or {epochs} passes with {warmup_epochs} of warm-up, the library's
default. A block has settled if one of its choices has a probability of
{settled} or more at the end of the search. The least sure block is the one
whose most probable choice has the smallest probability."""


def run(settings: Settings) -> dict[str, Any]:
    """Searches with both estimators that are rewarded.

    Returns:
        `settled_searches`: estimator and length -> share of the searches whose
        blocks have all settled. `rows`: a search each, with the probability of
        every block's most probable choice.
    """
    config, data = load(settings)
    config = with_section(config, "model", query_scope="prev")
    num_seeds = 1 if settings.is_smoke else SEEDS
    rows: list[dict[str, Any]] = []
    for estimator, length in itertools.product(ESTIMATORS, LENGTHS):
        name = f"{estimator}, {length}"
        progress(f"convergence: {name}")
        epochs, warmup_epochs = LENGTHS[length]
        search = with_section(config, "search", method=estimator)
        search = with_section(
            search,
            "search.supernet",
            epochs=epochs,
            warmup_epochs=warmup_epochs,
        )
        for seed in range(num_seeds):
            top = _top_probabilities(
                dataclasses.replace(search, seed=seed), data
            )
            rows.append({"search": name, "seed": seed, "top": top})
    summary = [
        _summarize(name, [row["top"] for row in found])
        for name, found in itertools.groupby(rows, lambda row: row["search"])
    ]
    return {
        "settled_searches": {
            entry["search"]: entry["settled searches"] for entry in summary
        },
        "splits": 1,
        "seeds": num_seeds,
        "summary": summary,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, and a table of the searches."""
    protocol = PROTOCOL.format(
        epochs=DEFAULT.epochs,
        warmup_epochs=DEFAULT.warmup_epochs,
        settled=SETTLED,
    )
    return f"{protocol}\n\n{report.table(section['summary'])}"


def _top_probabilities(
    config: ExperimentConfig, data: MultiTaskData
) -> list[float]:
    """Top probability of every block at the end of the config's search."""
    policy = runner.search(config, data, verbose=0).model.supernet.policy
    return ops.convert_to_numpy(policy.probs()).max(axis=-1).tolist()


def _summarize(name: str, searches: list[list[float]]) -> dict[str, Any]:
    blocks = list(itertools.chain.from_iterable(searches))
    return {
        "search": name,
        "settled searches": _settled_share(map(min, searches)),
        "settled blocks": _settled_share(blocks),
        "least sure block": min(blocks),
    }


def _settled_share(probabilities: Iterable[float]) -> float:
    return statistics.mean(float(top >= SETTLED) for top in probabilities)
