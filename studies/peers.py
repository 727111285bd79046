"""MMoE of this library beside other libraries' on Book-Crossing."""

import pathlib
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

from benchmarks.harness import estimate
from benchmarks.harness import report
from benchmarks.harness.processes import progress
from benchmarks.peers.trial import Trial
from studies import trainings
from studies.export import export_book_crossing
from studies.export import export_random
from studies.method import Method
from studies.settings import Settings
from studies.summary import summarize

OURS = Method("mtnas_tf", "defaults", "ours", options={"recipe": None})
OUR_OTHERS = tuple(
    Method("mtnas_tf", variant, "ours", options=options)
    for variant, options in (
        ("hashed rows", {"recipe": None, "is_hashed": True}),
        ("plain gates", {"recipe": "plain_gates"}),
        ("batch norm", {"recipe": "batch_norm"}),
        ("paper's shape", {"recipe": "paper_shape"}),
    )
)
KERAS = Method("Keras", "defaults", "plain_keras")
DECAY = {"weight_decay": 1e-5}
BATCH_NORM = {"batch_norm": True}
NO_L2 = {"l2_reg_embedding": 0}
PEERS = (
    KERAS,
    *(
        Method(library, variant, environment, environment, options)
        for library, environment, variant, options in (
            ("torch-rechub", "torch_rechub", "defaults", DECAY),
            ("torch-rechub", "torch_rechub", "no decay", {}),
            ("FuxiCTR", "fuxictr", "defaults", {}),
            ("FuxiCTR", "fuxictr", "batch norm", BATCH_NORM),
            ("DeepCTR-Torch", "deepctr_torch", "defaults", {}),
            ("DeepCTR-Torch", "deepctr_torch", "no L2", NO_L2),
            ("DeepCTR", "deepctr", "defaults", {}),
            ("DeepCTR", "deepctr", "no L2", NO_L2),
        )
    ),
)
METHODS = (OURS, *OUR_OTHERS, *PEERS)
SMOKE_METHODS = (OURS, KERAS)
BATCH_SIZE = 512
SMOKE_BATCH_SIZE = 64
PROTOCOL = """\
MMoE with 4 experts of 64 units, embeddings of 10, linear towers, batches of 512
and Adam with a learning rate of 1e-3. Every library reads the same rows and
ids, those of `configs/book_crossing.py`. Ours has one table, in which each
field has rows of its own ("hashed rows": fields share rows, and collide); the
others have a table per field. All train for 3 epochs and keep the weights of
the epoch with the least validation loss, the sum of the tasks' mean
cross-entropies. Seeds set initial weights and the order of rows. "Defaults"
are the library's own for everything else; see `benchmarks/peers`. One function
computes all metrics, from predictions. Seconds are those of a whole training,
with compilation and the predictions after every epoch."""


def run(settings: Settings) -> dict[str, Any]:
    """Trains every method with every seed on every split.

    Returns:
        `ours_minus_best_peer`: `mean` and `std_error` of the difference in
        test loss to the `peer` of least mean loss, over so many `pairs`.
        `rows`: a training each. `summary`: a method each. `versions`: of each
        library.
    """
    rows: list[dict[str, Any]] = []
    versions: dict[str, Any] = {}
    for split_seed in range(settings.num_splits):
        data_path = _export(split_seed, settings)
        for method in SMOKE_METHODS if settings.is_smoke else METHODS:
            progress(f"peers: split {split_seed}, {method.name}")
            found = trainings.train(
                method, _trial(method, data_path, settings), settings
            )
            rows += [{"split_seed": split_seed, **row} for row in found.rows]
            if found.versions:
                versions[method.library] = found.versions
    summary = summarize(rows, OURS)
    return {
        "ours_minus_best_peer": _against_best(summary),
        "summary": summary,
        "versions": versions,
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, the finding, and a table of the methods by loss."""
    best = section["ours_minus_best_peer"]
    headline = best and (
        f"Loss of ours ({OURS.variant}) minus the best peer's, "
        f"{best['peer']}: **{estimate.text(best, signed=True)}** "
        f"({best['pairs']} pairs)."
    )
    parts = [
        PROTOCOL,
        headline,
        report.table([_line(e, section["rows"]) for e in section["summary"]]),
        _failures(section["rows"]),
    ]
    return "\n\n".join(part for part in parts if part)


def _export(split_seed: int, settings: Settings) -> pathlib.Path:
    """The file of a split's rows, written."""
    if settings.is_smoke:
        name, data = "random", export_random()
    else:
        name, data = "book_crossing", export_book_crossing(split_seed)
    path = settings.build_dir / f"{name}-{split_seed}.npz"
    data.save(path)
    return path


def _trial(
    method: Method, data_path: pathlib.Path, settings: Settings
) -> Trial:
    return Trial(
        data_path=data_path,
        output_dir=data_path.with_suffix("") / method.name.replace(" ", "_"),
        options=method.options,
        batch_size=SMOKE_BATCH_SIZE if settings.is_smoke else BATCH_SIZE,
    )


def _against_best(
    summary: Iterable[Mapping[str, Any]],
) -> dict[str, Any] | None:
    """The first entry that is a peer's is the best one's."""
    for entry in summary:
        if entry["library"] != OURS.library and entry["ours_minus_it"]:
            return {
                **entry["ours_minus_it"][trainings.LOSS],
                "peer": f"{entry['library']} {entry['variant']}",
                "pairs": entry["pairs"],
            }
    return None


def _line(
    entry: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """A method's cells."""
    own = [
        row
        for row in rows
        if (row["library"], row["variant"])
        == (entry["library"], entry["variant"])
        and not row.get("error")
    ]
    difference = entry["ours_minus_it"]
    return {
        "library": entry["library"],
        "variant": entry["variant"],
        "loss": estimate.text(entry["test"][trainings.LOSS]),
        "ours minus it": difference
        and estimate.text(difference[trainings.LOSS], signed=True),
        **{
            metric.replace("_", " "): estimate.text(value)
            for metric, value in entry["test"].items()
            if metric.endswith("_auc")
        },
        "best epochs": ", ".join(str(row["best_epoch"]) for row in own),
        "dense parameters": f"{own[0]['dense_parameters']:,}",
        "seconds": f"{sum(row['seconds'] for row in own) / len(own):.0f}",
        "trainings": entry["pairs"],
    }


def _failures(rows: Iterable[Mapping[str, Any]]) -> str:
    """A line for everything that could not be trained."""
    errors = {
        f"- {row['library']} {row['variant']}: {row['error']}"
        for row in rows
        if row.get("error")
    }
    return (
        "\n".join(["Could not be trained:", "", *sorted(errors)])
        if errors
        else ""
    )
