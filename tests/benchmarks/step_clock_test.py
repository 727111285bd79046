import time

import pytest

from benchmarks.harness.step_clock import StepClock


def steps_of(clock, step_seconds):
    """A training loop; the steps that each of its calls was asked for."""
    asked = []

    def train(steps):
        asked.append(steps)
        for _ in range(steps):
            time.sleep(step_seconds)
            clock.tick("ignored", logs={})

    return train, asked


def test_figures_leave_the_first_step_out():
    clock = StepClock(batch_size=8, max_steps=100)
    ticks = iter([10.0, 12.0, 14.0, 16.0])

    def train(steps):
        for _ in range(steps):
            clock.tick()

    times = iter([0.0, *ticks, 20.0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "perf_counter", lambda: next(times))
        figures = clock.measure_round(train)
    assert figures == {
        "examples_per_second": 4.0,
        "step_ms": 2000.0,
        "steps": 3,
        "outside_ms": 14000.0,
    }


def test_a_slow_loop_gets_few_steps():
    clock = StepClock(batch_size=8, max_steps=100, round_seconds=0.001)
    train, asked = steps_of(clock, 0.002)
    clock.warm_up(train)
    clock.measure_round(train)
    assert asked == [4, 4]


def test_a_fast_loop_gets_all_the_data():
    clock = StepClock(batch_size=8, max_steps=20, round_seconds=1.0)
    train, asked = steps_of(clock, 0.0)
    clock.warm_up(train)
    assert clock.measure_round(train)["steps"] == 19
    assert asked == [4, 20, 20]
