"""Limits of the machine: copies, matrix products, random rows of a table.

Figures are rates per nanosecond, named `<library> <kind> <size>`:

- `copy`: bytes read and written; size: bytes of both arrays together. `numpy`
  copies on one thread, `threads` on one per core.
- `matmul`: multiplications and additions; size: `<m>x<k>x<n>`.
- `gather`, `scatter`: rows read and written at the ids that the models see;
  size: rows of the table.
- `random-gather`, `random-scatter`: the same at uniformly drawn ids, of the
  largest table.
"""

import functools
import os
import time
from collections.abc import Callable
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import tensorflow as tf

from benchmarks.workload import Workload

PACKAGES = ("tensorflow", "numpy")
CHAINED = 32  # products of one compiled call, to hide what a call costs

Probe = tuple[float, Callable[[], object]]  # units of work, what does them


def build(config: dict[str, Any]) -> Callable[[], dict[str, float]]:
    """All probes, run once."""
    probes: dict[str, Probe] = {}
    for num_bytes in config["copy_bytes"]:
        probes |= _copies(num_bytes)
    for shape in config["shapes"]:
        probes |= _products(*shape)
    largest = max(config["vocabularies"])
    for vocabulary in config["vocabularies"]:
        probes |= _table(
            vocabulary, config["num_lookups"], vocabulary == largest
        )
    for _, run in probes.values():
        run()
    return lambda: {
        name: _rate(work, run, config["seconds"])
        for name, (work, run) in probes.items()
    }


def _rate(work: float, run: Callable[[], object], seconds: float) -> float:
    """Units of work per nanosecond."""
    start = time.perf_counter_ns()
    end = start + seconds * 1e9
    calls = 0
    while calls == 0 or time.perf_counter_ns() < end:
        run()
        calls += 1
    return work * calls / (time.perf_counter_ns() - start)


def _copies(num_bytes: int) -> dict[str, Probe]:
    source = np.ones(num_bytes // 8, np.float32)
    target = np.empty_like(source)
    cores = os.cpu_count() or 1
    parts = list(
        zip(
            np.array_split(target, cores),
            np.array_split(source, cores),
            strict=True,
        )
    )
    pool = ThreadPoolExecutor(cores)

    def copy_by_threads() -> None:
        list(pool.map(lambda part: np.copyto(*part), parts))

    return {
        f"numpy copy {num_bytes}": (
            num_bytes,
            lambda: np.copyto(target, source),
        ),
        f"threads copy {num_bytes}": (num_bytes, copy_by_threads),
    }


def _products(m: int, k: int, n: int) -> dict[str, Probe]:
    """Chains of (m, k) x (k, n) and (m, n) x (n, k)."""
    left = np.ones((m, k), np.float32)
    there = np.full((k, n), 1 / k, np.float32)
    back = np.full((n, k), 1 / n, np.float32)
    between = np.empty((m, n), np.float32)
    flops = 4 * m * k * n

    def run_numpy() -> None:
        np.matmul(left, there, out=between)
        np.matmul(between, back, out=left)

    @tf.function(jit_compile=True)
    def chain(x: Any, there: Any, back: Any) -> Any:
        for _ in range(CHAINED // 2):
            x = tf.matmul(tf.matmul(x, there), back)
        return x

    tensors = tuple(tf.constant(array) for array in (left, there, back))
    size = f"{m}x{k}x{n}"
    return {
        f"numpy matmul {size}": (flops, run_numpy),
        f"xla matmul {size}": (CHAINED // 2 * flops, lambda: chain(*tensors)),
    }


def _table(
    vocabulary: int, num_lookups: int, is_random: bool
) -> dict[str, Probe]:
    workload = Workload(
        vocabulary=vocabulary, batch_size=1, num_examples=num_lookups // 12
    )
    ids = {"": workload.shared_ids.ravel()}
    if is_random:
        rng = np.random.default_rng(0)
        ids["random-"] = rng.integers(
            0, workload.num_rows, ids[""].size, np.int32
        )
    shape = (workload.num_rows, workload.embedding_dim)
    return {
        f"{library} {prefix}{kind} {vocabulary}": (rows.size, run)
        for prefix, rows in ids.items()
        for library, make in (("numpy", _numpy_rows), ("xla", _xla_rows))
        for kind, run in zip(
            ("gather", "scatter"), make(shape, rows), strict=True
        )
    }


def _numpy_rows(
    shape: tuple[int, int], ids: Any
) -> Iterator[Callable[[], object]]:
    table = np.ones(shape, np.float32)
    ids = ids.astype(np.intp)
    values = np.ones((len(ids), shape[1]), np.float32)
    yield functools.partial(
        np.take, table, ids, axis=0, out=values, mode="clip"
    )
    yield functools.partial(table.__setitem__, ids, values)


def _xla_rows(
    shape: tuple[int, int], ids: Any
) -> Iterator[Callable[[], object]]:
    table = tf.Variable(tf.ones(shape))
    ids = tf.constant(ids)
    values = tf.ones((len(ids), shape[1]))

    @tf.function(jit_compile=True)
    def gather(ids: Any) -> Any:
        return tf.gather(table, ids)

    @tf.function(jit_compile=True)
    def scatter(ids: Any, values: Any) -> None:
        table.scatter_update(tf.IndexedSlices(values, ids))

    yield functools.partial(gather, ids)
    yield functools.partial(scatter, ids, values)
