import numpy as np
import pytest
import toy_data
from tolerances import near

from mtnas_tf.data import StreamedData
from mtnas_tf.metrics import mtl_loss
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population import CandidateTrainer
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace

PLACES = 3
TASKS = toy_data.BINARY_SCHEMA.tasks
SPACE = RouteSpace(
    toy_data.BINARY_SCHEMA.task_names, 1, 2, dedup_singletons=True
)
ROUTES = [SPACE.route([i, 2 * i % 5]) for i in range(5)]


class ScriptedPopulation:
    """Has the losses of a script; its weights say how long it was trained.

    Args:
        losses: dict seed -> its validation loss after every epoch.
        read: callable `(batches)`, for each pass over them.
    """

    num_candidates = PLACES
    schema = toy_data.BINARY_SCHEMA.with_tasks(["buy"])

    def __init__(self, losses, read=lambda batches: None):
        self.losses = losses
        self.read = read
        self.starts = []  # what `initialize` was called with
        self.passes = []  # what `read` returned in each `fit`

    def initialize(self, routes, seeds):
        self.starts.append((list(routes), list(seeds)))
        self.weights = [np.zeros((PLACES, 2))]
        self.epoch = 0

    def fit(self, batches, **kwargs):
        self.epoch += 1
        self.weights = [weight + 1 for weight in self.weights]
        self.passes.append(self.read(batches))

    def evaluate_each(self, batches):
        self.evaluated = batches
        _, seeds = self.starts[-1]
        losses = [self.losses[seed][self.epoch - 1] for seed in seeds]
        return [{"buy": {"log_loss": loss}} for loss in losses]

    def weights_by_candidate(self):
        return [np.array(weight) for weight in self.weights]

    def assign_by_candidate(self, weights):
        self.weights = [np.array(weight) for weight in weights]

    @property
    def best_epochs(self):
        return self.weights[0][:, 1].tolist()


@pytest.fixture(scope="module")
def data():
    return toy_data.make_data()


def train(population, data, seeds, **kwargs):
    trainer = CandidateTrainer(population, **kwargs)
    (found,) = trainer.train(data, ROUTES[: len(seeds)], seeds)
    return found


def losses_of(candidates):
    return [candidate.valid["buy"]["log_loss"] for candidate in candidates]


def test_each_keeps_its_best_epoch(data):
    losses = {0: [3.0, 2.0, 1.0], 1: [1.0, 2.0, 3.0], 2: [2.0, 1.0, 5.0]}
    population = ScriptedPopulation(losses)
    found = train(population, data, [0, 1, 2], epochs=3, patience=2)
    assert population.best_epochs == [3, 1, 2]
    assert losses_of(found) == [1, 1, 1]
    assert [c.epochs for c in found] == [3, 3, 3]
    assert [c.seed for c in found] == [0, 1, 2]
    assert [c.route for c in found] == ROUTES[:3]


def test_a_training_that_ended_cannot_improve(data):
    losses = {0: [2.0, 3.0, 1.0, 1.0], 1: [5.0, 4.0, 3.0, 4.0], 2: [1.0] * 4}
    population = ScriptedPopulation(losses)
    found = train(population, data, [0, 1, 2], epochs=4, patience=1)
    assert population.best_epochs == [1, 3, 1]
    assert losses_of(found) == [2, 3, 1]
    assert [c.epochs for c in found] == [2, 4, 2]


@pytest.mark.parametrize(
    ("patience", "epochs"), [(0, 2), (1, 2), (2, 5), (9, 6)]
)
def test_training_ends_when_all_have_waited(data, patience, epochs):
    losses = dict.fromkeys((0, 1, 2), [2.0, 3.0, 1.0, 4.0, 4.0, 4.0])
    population = ScriptedPopulation(losses)
    found = train(population, data, [0, 1, 2], epochs=6, patience=patience)
    assert len(population.passes) == epochs
    assert [c.epochs for c in found] == [epochs] * 3
    best = 1 if patience < 2 else 3
    assert population.best_epochs == [best] * 3


def test_one_epoch_is_kept_as_it_is(data):
    population = ScriptedPopulation({0: [1.0], 1: [2.0], 2: [3.0]})
    population.weights_by_candidate = None
    found = train(population, data, [0, 1, 2], epochs=1)
    assert population.best_epochs == [1, 1, 1]
    assert losses_of(found) == [1, 2, 3]
    assert [c.epochs for c in found] == [1, 1, 1]


def test_places_left_over_train_the_last_again(data):
    population = ScriptedPopulation({seed: [float(seed)] for seed in range(5)})
    trainer = CandidateTrainer(population, epochs=1)
    chunks = trainer.train(data, ROUTES, range(5))
    assert not population.starts  # nothing before it is asked for
    first = next(chunks)
    assert population.starts == [(ROUTES[:3], [0, 1, 2])]
    second = next(chunks)
    padded = [*ROUTES[3:], ROUTES[4]]
    assert population.starts[1:] == [(padded, [3, 4, 4])]
    assert list(chunks) == []
    assert [c.seed for c in first] == [0, 1, 2]
    assert [c.seed for c in second] == [3, 4]
    assert [c.route for c in (*first, *second)] == ROUTES
    assert losses_of([*first, *second]) == [0, 1, 2, 3, 4]


def rows_of(batches):
    return np.concatenate([inputs["values"] for inputs, _ in batches])


def test_all_read_the_same_rows_in_the_same_order(data):
    losses = {seed: [3.0, 2.0, 1.0] for seed in range(5)}
    population = ScriptedPopulation(losses, rows_of)
    trainer = CandidateTrainer(population, epochs=3)
    data.seek(7)
    assert len(list(trainer.train(data, ROUTES, range(5)))) == 2
    first, second = population.passes[:3], population.passes[3:]
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first[0], first[1])
    data.seek(0)
    np.testing.assert_array_equal(first[0], rows_of(data.train))


def test_the_validation_split_is_read(data):
    population = ScriptedPopulation({0: [1.0]})
    train(population, data, [0], epochs=1)
    expected = data.splits["valid"].inputs["values"]
    np.testing.assert_array_equal(rows_of(population.evaluated), expected)


def make_population(learning_rate, **kwargs):
    population = RoutePopulation(
        toy_data.BINARY_SCHEMA, SPACE, PLACES, units=5, embedding_dim=4
    )
    optimizer = SparseAdam(learning_rate)
    population.compile(optimizer, jit_compile=False, **kwargs)
    return population


@pytest.mark.slow
def test_networks_are_those_of_their_best_epoch(data):
    population = make_population(0.1)
    trainer = CandidateTrainer(population, epochs=4, patience=4)
    best_epochs = set()
    metrics = []
    evaluate_each = population.evaluate_each

    def recorded(batches):
        metrics.append(evaluate_each(batches))
        return metrics[-1]

    population.evaluate_each = recorded
    for found in trainer.train(data, ROUTES[:4], range(4)):
        losses = [[mtl_loss(TASKS, m) for m in each] for each in metrics]
        metrics.clear()
        restored = evaluate_each(data.valid)
        for i, candidate in enumerate(found):
            assert restored[i] == near(candidate.valid)
            column = [each[i] for each in losses]
            assert mtl_loss(TASKS, candidate.valid) == min(column)
            best_epochs.add(int(np.argmin(column)))
            assert population.network(i).route == candidate.route
    assert len(best_epochs) > 1


def test_streamed_rows_train_the_same_networks(data):
    streamed = StreamedData(
        data.schema, **data.splits, batch_size=data.batch_size
    )
    trainer = CandidateTrainer(make_population(0.1), epochs=2)
    (memory,), (stream,) = (
        list(trainer.train(rows, ROUTES[:3], range(3)))
        for rows in (data, streamed)
    )
    for ours, theirs in zip(stream, memory, strict=True):
        assert ours.valid == near(theirs.valid)


def test_a_training_that_diverges_is_no_candidate(data):
    population = make_population(1e38, run_eagerly=True)
    trainer = CandidateTrainer(population, epochs=1)
    with pytest.raises(FloatingPointError, match="training diverged"):
        list(trainer.train(data, ROUTES[:1], [0]))


def test_wrong_argument_is_named():
    with pytest.raises(ValueError, match="`epochs` must be an int"):
        CandidateTrainer(ScriptedPopulation({}), epochs=0)
    with pytest.raises(ValueError, match="`patience` must be an.*=-1"):
        CandidateTrainer(ScriptedPopulation({}), patience=-1)


def test_as_many_seeds_as_routes(data):
    trainer = CandidateTrainer(ScriptedPopulation({}))
    with pytest.raises(ValueError, match="zip"):
        list(trainer.train(data, ROUTES, [0, 1]))
