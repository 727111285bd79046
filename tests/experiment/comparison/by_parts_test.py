"""A comparison whose parts are trained by an executor."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from inline_executor import InlineExecutor
from scripted_comparison import COMPARED
from scripted_comparison import PAIRS
from scripted_comparison import Network
from scripted_comparison import without_times
from tiny_experiment import load_data
from tiny_experiment import without_graphs

from mtnas_tf.config import with_section
from mtnas_tf.experiment.comparison import part_worker
from mtnas_tf.experiment.comparison.compare import compare
from mtnas_tf.experiment.comparison.methods_only import methods_only
from mtnas_tf.experiment.comparison.part import side_by_side
from mtnas_tf.experiment.comparison.searches import searches_in_order
from mtnas_tf.experiment.strict_json import strict_json
from mtnas_tf.jobs import JobError
from mtnas_tf.population import RoutePopulation
from mtnas_tf.progress import shown_progress
from mtnas_tf.search.candidates.starts import SEEDS_PER_SEARCH

pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config")


def in_order(rows):
    return [without_times([row]) for row in rows]


def compared(script, executor, keep=None, known=()):
    return compare(
        COMPARED, 2, 2, script.load, lambda line: None, keep, known, executor
    )


def others_on_split(split, first, second):
    return [
        f"hand-made routes, split {split}, seeds {first}, {second}",
        f"random routes, split {split}, seed {first}",
        f"random routes, split {split}, seed {second}",
    ]


@pytest.mark.slow
def test_rows_are_those_of_one_process(scripted, script):
    expected, *_ = scripted
    executor, kept = InlineExecutor(), []
    result = compared(script, executor, kept.append)
    assert in_order(result["rows"]) == in_order(expected["rows"])
    assert without_times(kept) == without_times(result["rows"])
    assert result["claims"] == expected["claims"]
    assert all(row["budget"] > 0 for row in result["rows"])
    # Three rounds of three networks fill the places of one seed.
    assert executor.names == [
        *(f"search candidates, split {s}, seed {p}" for s, p in PAIRS),
        *(
            f"{name}, split {split}, seed {seed}"
            for name in ("mmoe", "single_task")
            for split, seed in PAIRS
        ),
        *others_on_split(0, 3, 4),
        *others_on_split(1, 5, 6),
        "seconds of MMoE, split 0",
        *(f"MMoE of equal cost, split {s}, seed {p}" for s, p in PAIRS),
        *(f"full_route, split {s}, seed {p}" for s, p in PAIRS),
    ]


@pytest.mark.slow
def test_known_rows_are_not_jobs(scripted, script):
    expected, *_ = scripted
    # All searches, and what comes first of MMoE.
    known = json.loads(strict_json(expected["rows"][:14]))
    executor = InlineExecutor()
    result = compared(script, executor, known=known)
    assert without_times(result["rows"]) == without_times(expected["rows"])
    assert not any("search" in name for name in executor.names)
    assert "mmoe, split 0, seed 3" not in executor.names


def test_rows_in_the_order_in_which_workers_ended():
    config = with_section(
        COMPARED, "search", compared=("candidates", "reinforce")
    )
    variants = ("picked", "retrained", "reinforce inherited")
    rows = [
        {"model": "mtnas", "variant": v, "split_seed": split, "seed": seed}
        for split, seed in PAIRS
        for v in variants
    ]
    rows = searches_in_order(config, rows[::-1])
    other = {"model": "mmoe", "variant": None, "split_seed": 0, "seed": 3}
    assert searches_in_order(config, [other, *rows[::-1]]) == [*rows, other]
    first = [(row["seed"], row["variant"]) for row in rows[:6]]
    assert first == [
        *((seed, v) for seed in (3, 4) for v in variants[:2]),
        *((seed, variants[2]) for seed in (3, 4)),
    ]


def test_a_failing_job_is_named_and_rows_stay(script, monkeypatch):
    kept, is_kept = [], threading.Event()

    def keep(row):
        kept.append(row)
        is_kept.set()

    def network(population, place):
        _, start = population.jobs[place]
        if start // SEEDS_PER_SEARCH == 1 + 4:
            assert is_kept.wait(60)
            raise FloatingPointError("diverged")
        return Network(population, place)

    monkeypatch.setattr(RoutePopulation, "network", network)
    message = 'job "search candidates, split 0, seed 4" failed, Floating.*diver'
    with ThreadPoolExecutor(1) as executor:
        with pytest.raises(JobError, match=message):
            compared(script, executor, keep)
    assert kept and {row["seed"] for row in kept} == {3}


@pytest.mark.slow
@pytest.mark.parametrize("names", [("mmoe", "cross_stitch", "single_task")])
def test_trained_rows_are_those_of_one_process(names):
    config = with_section(COMPARED, "data", batch_size=50)
    config = methods_only(config, names, 2)
    found = []
    for executor in (None, InlineExecutor()):
        with (
            without_graphs(),
            shown_progress(99, lambda line: None) as progress,
        ):
            result = compare(
                config,
                *(2, 2),
                load_data,
                lambda line: None,
                executor=executor,
            )
        found.append((in_order(result["rows"]), progress.done))
    (here, work), (elsewhere, remote_work) = found
    assert elsewhere == here
    assert remote_work == pytest.approx(work)


@pytest.mark.parametrize(
    ("count", "num_places", "expected"),
    [
        (1, 4, [[3, 4, 5, 6]]),
        (1, 2, [[3, 4], [5, 6]]),
        (6, 4, [[3, 4], [5, 6]]),
        (40, 8, [[3], [4], [5], [6]]),
        # A population of the last ones alone would be another.
        (1, 3, [[3, 4, 5, 6]]),
        (1, 8, [[3, 4, 5, 6]]),
    ],
)
def test_seeds_whose_networks_fill_populations(count, num_places, expected):
    assert side_by_side([3, 4, 5, 6], count, num_places) == expected


@pytest.mark.slow
def test_a_worker_keeps_the_networks_of_one_method(script):
    part_worker._kept.cache_clear()
    held = []

    class Counting(InlineExecutor):
        def submit(self, function, /, *args):
            future, job = super().submit(function, *args), args[-1]
            kept = part_worker._kept(job.config, job.first).baselines
            held.append(len(kept._made) if kept else 0)
            return future

    compared(script, Counting())
    assert max(held) == 1
