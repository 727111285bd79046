"""Concurrent requests are run together, and each gets its own answer."""

import asyncio
import threading

import pytest

from export.serving.server.micro_batcher import MicroBatcher


class Recorder:
    """Doubles items, and keeps the batches that it saw."""

    def __init__(self):
        self.batches = []
        self.may_go = threading.Event()
        self.may_go.set()

    def __call__(self, items):
        self.batches.append(list(items))
        assert self.may_go.wait(timeout=10)
        return [
            ValueError(f"odd: {item}") if item % 2 else 2 * item
            for item in items
        ]


def submit_all(recorder, items, max_batch_size=4, max_latency_ms=0.0, rows=1):
    async def main():
        batcher = MicroBatcher(recorder, max_batch_size, max_latency_ms)
        return await asyncio.gather(
            *(batcher.submit(item, rows) for item in items),
            return_exceptions=True,
        )

    return asyncio.run(main())


def test_each_gets_its_own_answer_or_error():
    answers = submit_all(Recorder(), range(50))
    for item, answer in enumerate(answers):
        if item % 2:
            assert isinstance(answer, ValueError)
            assert str(answer) == f"odd: {item}"
        else:
            assert answer == 2 * item


@pytest.mark.parametrize(
    ("rows", "sizes"), [(1, [4, 4, 2]), (2, [2] * 5), (9, [1] * 10)]
)
def test_a_batch_has_so_many_rows_at_most(rows, sizes):
    recorder = Recorder()
    submit_all(recorder, range(10), rows=rows)
    assert list(map(len, recorder.batches)) == sizes
    assert sum(recorder.batches, []) == list(range(10))


async def begun(batcher, recorder):
    """A request that is being run."""
    request = asyncio.create_task(batcher.submit(0, 1))
    while not recorder.batches:
        await asyncio.sleep(0.001)
    return request


def test_what_comes_during_a_run_is_the_next_batch():
    recorder = Recorder()
    recorder.may_go.clear()

    async def main():
        batcher = MicroBatcher(recorder, 10, 0.0)
        first = await begun(batcher, recorder)
        others = [asyncio.create_task(batcher.submit(2 * i, 1)) for i in (1, 2)]
        await asyncio.sleep(0)
        recorder.may_go.set()
        return await asyncio.gather(first, *others)

    assert asyncio.run(main()) == [0, 4, 8]
    assert recorder.batches == [[0], [2, 4]]


def test_a_request_waits_for_others():
    recorder = Recorder()

    async def main():
        batcher = MicroBatcher(recorder, 2, 60_000.0)
        first = asyncio.create_task(batcher.submit(0, 1))
        await asyncio.sleep(0.01)
        assert recorder.batches == []
        return await asyncio.gather(first, batcher.submit(2, 1))

    assert asyncio.run(main()) == [0, 4]
    assert recorder.batches == [[0, 2]]


def test_a_request_does_not_wait_for_ever():
    assert submit_all(Recorder(), [6], max_latency_ms=1.0) == [12]


def test_an_error_of_the_run_is_that_of_all():
    def run(items):
        raise RuntimeError("broken")

    answers = submit_all(run, range(3))
    assert [str(answer) for answer in answers] == ["broken"] * 3


def test_a_client_that_has_gone_is_left_out():
    recorder = Recorder()
    recorder.may_go.clear()

    async def main():
        batcher = MicroBatcher(recorder, 10, 0.0)
        first = await begun(batcher, recorder)
        gone, kept = (
            asyncio.create_task(batcher.submit(item, 1)) for item in (2, 4)
        )
        await asyncio.sleep(0)
        gone.cancel()
        recorder.may_go.set()
        return await asyncio.gather(first, kept)

    assert asyncio.run(main()) == [0, 8]
    assert recorder.batches == [[0], [4]]
