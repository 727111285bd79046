from benchmarks.fit_rounds import fit_rounds
from benchmarks.step_clock import StepClock


class FakeModel:
    """Does nothing but count."""

    def __init__(self):
        self.calls = []

    def fit(self, batches, steps_per_epoch, verbose, callbacks):
        self.calls.append((batches, steps_per_epoch))
        for step in range(steps_per_epoch):
            callbacks[0].on_train_batch_end(step)


def test_rounds_are_warm():
    model = FakeModel()
    measure = fit_rounds(model, "batches", StepClock(8, max_steps=20))
    assert model.calls == [("batches", 4), ("batches", 20)]
    assert measure()["steps"] == 19
