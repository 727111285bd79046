"""The fastest plain training loop that PyTorch offers for a given model."""

from collections.abc import Callable
from collections.abc import Sequence
from typing import Any

import torch
from torch.nn import functional

from benchmarks.harness.step_clock import StepClock
from benchmarks.workload import Workload

Tensor = Any


def sparse_rounds(
    model: Any,
    forward: Callable[[Any], Tensor],
    inputs: Sequence[Any],
    workload: Workload,
) -> Callable[[], dict[str, float]]:
    """Warms the loop up; each call of the result measures a round of it.

    `SparseAdam` for the tables, whose step visits the batch's rows only (and
    leaves out the momentum steps of all others), fused Adam for the rest, no
    data loader: batches are tensors cut beforehand.

    Args:
        model: a module; all its embeddings are made sparse.
        forward: a batch of `inputs` -> probabilities `(batch, tasks)`.
        inputs: every batch's inputs, as `forward` takes them.
        workload: what is trained.
    """
    tables = _make_sparse(model)
    rest = [p for p in model.parameters() if all(p is not t for t in tables)]
    rate = workload.learning_rate
    optimizers = (
        torch.optim.SparseAdam(tables, lr=rate),
        torch.optim.Adam(rest, lr=rate, fused=True),
    )
    labels = torch.from_numpy(workload.labels).split(workload.batch_size)
    clock = StepClock(workload.batch_size, len(inputs))
    model.train()

    def train(steps: int) -> None:
        for batch, label in zip(inputs[:steps], labels, strict=False):
            for optimizer in optimizers:
                optimizer.zero_grad()
            loss = functional.binary_cross_entropy(forward(batch), label)
            loss.backward()
            for optimizer in optimizers:
                optimizer.step()
            clock.tick()

    clock.warm_up(train)
    return lambda: clock.measure_round(train)


def _make_sparse(model: Any) -> list[Any]:
    """Gives all embeddings sparse gradients; their tables."""
    embeddings = [
        module
        for module in model.modules()
        if isinstance(module, torch.nn.Embedding)
    ]
    for embedding in embeddings:
        embedding.sparse = True
    return [embedding.weight for embedding in embeddings]
