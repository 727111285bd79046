"""Puts concurrent requests together."""

import asyncio
import collections
import dataclasses
from collections.abc import Callable
from collections.abc import Sequence
from typing import Generic
from typing import TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


@dataclasses.dataclass(eq=False)
class _Waiting(Generic[Item, Outcome]):
    item: Item
    num_rows: int
    arrival: float
    future: "asyncio.Future[Outcome]"


class MicroBatcher(Generic[Item, Outcome]):
    """Runs what concurrent requests ask for in one call.

    One batch runs at a time, in a thread. What arrives meanwhile is the next
    batch: under load batches grow by themselves, and a lone request does not
    wait unless `max_latency_ms` tells it to. The batch to come ends its work
    when nobody waits, so that there is nothing to close.

    Args:
        run: function of items that returns what each gets, or the exception
            that each gets, in the same order.
        max_batch_size: int > 0. Rows of a batch, unless a single item has more.
        max_latency_ms: float >= 0. How long an item may wait for others while
            nothing runs.

    Example:
    >>> batcher = MicroBatcher(lambda items: [2 * x for x in items], 8, 0.0)
    >>> asyncio.run(batcher.submit(3, num_rows=1))
    6
    """

    def __init__(
        self,
        run: Callable[[Sequence[Item]], Sequence[Outcome | Exception]],
        max_batch_size: int,
        max_latency_ms: float,
    ) -> None:
        self._run = run
        self._max_rows = max_batch_size
        self._max_wait = max_latency_ms / 1e3
        self._queue: collections.deque[_Waiting[Item, Outcome]] = (
            collections.deque()
        )
        self._num_rows = 0  # of the queue
        self._arrived = asyncio.Event()
        self._worker: asyncio.Task[None] | None = None

    async def submit(self, item: Item, num_rows: int) -> Outcome:
        """What `run` returns for an item.

        Args:
            item: what `run` gets.
            num_rows: int >= 0. Rows of the item.
        """
        loop = asyncio.get_running_loop()
        waiting: _Waiting[Item, Outcome] = _Waiting(
            item, num_rows, loop.time(), loop.create_future()
        )
        self._queue.append(waiting)
        self._num_rows += num_rows
        self._arrived.set()
        if self._worker is None or self._worker.done():
            self._worker = loop.create_task(self._work())
        return await waiting.future

    async def _work(self) -> None:
        while self._queue:
            await self._wait_for_others()
            await self._answer(self._take())

    async def _wait_for_others(self) -> None:
        deadline = self._queue[0].arrival + self._max_wait
        while self._num_rows < self._max_rows:
            remaining = deadline - asyncio.get_running_loop().time()
            if remaining <= 0:
                return
            self._arrived.clear()
            try:
                await asyncio.wait_for(self._arrived.wait(), remaining)
            except TimeoutError:
                return

    def _take(self) -> list[_Waiting[Item, Outcome]]:
        batch = [self._queue.popleft()]
        rows = batch[0].num_rows
        while self._queue and rows + self._queue[0].num_rows <= self._max_rows:
            rows += self._queue[0].num_rows
            batch.append(self._queue.popleft())
        self._num_rows -= rows
        # A future that is done already is of a client that has gone.
        return [waiting for waiting in batch if not waiting.future.done()]

    async def _answer(self, batch: list[_Waiting[Item, Outcome]]) -> None:
        if not batch:
            return
        outcomes: Sequence[Outcome | Exception]
        try:
            items = [waiting.item for waiting in batch]
            outcomes = await asyncio.to_thread(self._run, items)
        except Exception as error:
            outcomes = [error] * len(batch)
        for waiting, outcome in zip(batch, outcomes, strict=True):
            if waiting.future.done():
                continue
            if isinstance(outcome, Exception):
                waiting.future.set_exception(outcome)
            else:
                waiting.future.set_result(outcome)
