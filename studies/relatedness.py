"""When a sparse route pays: relatedness of the tasks, rows and width."""

import pathlib
from collections.abc import Iterator
from collections.abc import Mapping
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy import stats

from benchmarks.harness import estimate
from benchmarks.harness import report
from benchmarks.harness.processes import progress
from mtnas_tf.config import BaseConfig
from mtnas_tf.config import CandidatesConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import with_section
from mtnas_tf.data import MultiTaskData
from mtnas_tf.experiment.route_search import new_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.routes import Route
from studies import relatedness_plot
from studies.settings import Settings
from studies.standalone import scores
from studies.standalone import train_routes
from studies.synthetic_rows import SyntheticRows

CORRELATIONS = (0.0, 0.5, 1.0)
NUM_ROWS = (500, 4000)
UNITS = (4, 16)
SEEDS = 5
STARTS = 2
BATCHES_PER_PASS = 32  # however many rows there are
FULL = "full_route"
DISJOINT = "disjoint_route"
DIFFERENCES = {
    "disjoint_minus_full": "disjoint route",
    "best_sparse_minus_full": "best sparse route",
}
CONFIG = ExperimentConfig(
    base=BaseConfig(normalization=None),
    model=ModelConfig(query_scope="root"),
    optim=OptimConfig(epochs=15, patience=5, learning_rate=0.01),
    # 5 routes from 2 starts
    search=SearchConfig(candidates=CandidatesConfig(num_places=10)),
)
FIGURE = pathlib.Path("figures", "relatedness.svg")
DOCS = pathlib.Path("docs")
PROTOCOL = """\
Two regressions whose weight vectors have a cosine of p, two layers of four
sub-networks, and gates that look at the root feature. Routes are compared at
equal width of a sub-network, not at equal cost. Every seed draws tasks, rows
and weights anew and trains all hand-made routes from {starts} starts. The score
is minus the sum of the squared errors, of labels of variance 1. The best sparse
route is the best on the validation rows among {sparse}. It is picked from four
times as many trainings as the full route has; the disjoint route is not."""


def run(settings: Settings) -> dict[str, Any]:
    """Trains hand-made routes over a grid, and draws the differences.

    Returns:
        `relatedness_pays`: how many settings there are, and in how many each
        difference is more than two standard errors, either way. `summary`:
        the routes. `rows`: a setting each.
    """
    config, num_seeds = CONFIG, SEEDS
    if settings.is_smoke:
        config = with_section(CONFIG, "optim", epochs=1, jit_compile=False)
        num_seeds = 2
    rows = []
    for trainer, units, drawn in _grid(config, settings):
        routes = trainer.population.space.hand_made_routes()
        found = [
            differences(trainer, drawn.draw(seed), routes, seed)
            for seed in range(num_seeds)
        ]
        rows.append(
            {
                "units": units,
                "rows": drawn.num_train,
                "correlation": drawn.correlation,
                **{
                    name: estimate.estimate(each[name] for each in found)
                    for name in DIFFERENCES
                },
                "picked": [each["picked"] for each in found],
            }
        )
    docs = settings.build_dir if settings.is_smoke else DOCS
    relatedness_plot.draw(rows, DIFFERENCES, docs / FIGURE)
    return {
        "relatedness_pays": _count(rows),
        "splits": 1,
        "seeds": num_seeds,
        "summary": list(routes),
        "rows": rows,
    }


def page(section: Mapping[str, Any]) -> str:
    """The protocol, the finding, the figure and its numbers."""
    protocol = PROTOCOL.format(
        starts=STARTS,
        sparse=", ".join(
            f"`{name}`" for name in section["summary"] if name != FULL
        ),
    )
    pays = section["relatedness_pays"]
    num_differences = pays["settings"] * len(DIFFERENCES)
    chance = 2 * stats.t.sf(2, section["seeds"] - 1)
    headline = (
        "Of {} settings, by more than two standard errors (as {:.0f} of {} "
        "differences are by chance): {}."
    ).format(
        pays["settings"],
        chance * num_differences,
        num_differences,
        "; ".join(
            f"the {label} is better than the full one in "
            f"{pays[name]['better']} and worse in {pays[name]['worse']}"
            for name, label in DIFFERENCES.items()
        ),
    )
    lines = [
        {
            "width": row["units"],
            "rows": row["rows"],
            "p": row["correlation"],
            **{
                f"{label} − full": estimate.text(row[name], signed=True)
                for name, label in DIFFERENCES.items()
            },
        }
        for row in section["rows"]
    ]
    figure = f"![Differences to the full route]({FIGURE.as_posix()})"
    return "\n\n".join([protocol, headline, figure, report.table(lines)])


def differences(
    trainer: CandidateTrainer,
    data: MultiTaskData,
    routes: Mapping[str, Route],
    seed: int,
) -> dict[str, Any]:
    """Test scores of sparse routes less the full one's, means over starts.

    Args:
        trainer: of the routes' space.
        data: `MultiTaskData`.
        routes: hand-made routes by name.
        seed: int. No two seeds have a start in common.

    Returns:
        The `DIFFERENCES`, and which route was `picked` on the validation rows.
    """
    starts = range(STARTS * seed, STARTS * (seed + 1))
    trained = train_routes(trainer, data, list(routes.values()), starts)
    valid, test = (
        dict(
            zip(
                routes,
                scores(data.schema.tasks, trained, split).mean(axis=1).tolist(),
                strict=True,
            )
        )
        for split in ("valid", "test")
    )
    sparse = [name for name in routes if name != FULL]
    picked = max(sparse, key=lambda name: valid[name])
    return {
        "disjoint_minus_full": test[DISJOINT] - test[FULL],
        "best_sparse_minus_full": test[picked] - test[FULL],
        "picked": picked,
    }


def _grid(
    config: ExperimentConfig, settings: Settings
) -> Iterator[tuple[CandidateTrainer, int, SyntheticRows]]:
    """Every setting; widths in turn, for each has a trainer of its own."""
    step = 2 if settings.is_smoke else 1
    for units in UNITS[::step]:
        trainer = None
        for num_rows in NUM_ROWS[::step]:
            for correlation in CORRELATIONS[::step]:
                progress(f"relatedness: {units}, {num_rows}, {correlation}")
                drawn = SyntheticRows(
                    num_train=num_rows,
                    correlation=correlation,
                    batch_size=num_rows // BATCHES_PER_PASS,
                )
                if trainer is None:
                    space = route_space(config, drawn.schema.task_names)
                    trainer = new_trainer(config, drawn.schema, space, units)
                yield trainer, units, drawn


def _count(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts of differences beyond two standard errors, either way."""
    counts: dict[str, Any] = {"settings": len(rows)}
    for name in DIFFERENCES:
        found = [row[name] for row in rows]
        ratios = np.array([each["mean"] / each["std_error"] for each in found])
        counts[name] = {
            "better": int((ratios > 2).sum()),
            "worse": int((ratios < -2).sum()),
        }
    return counts
