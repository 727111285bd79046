import numpy as np
import pytest
import toy_data
from scripted_trainer import ScriptedTrainer
from tiny_experiment import without_graphs
from toy_data import make_data

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.experiment.route_search import new_trainer as new_config_trainer
from mtnas_tf.experiment.route_search import route_space
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population import Candidate
from mtnas_tf.progress import shown_progress
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search.candidates.strategies import STRATEGIES
from mtnas_tf.search.candidates.strategies import RandomSearch
from mtnas_tf.search.candidates.strategies import Strategy
from mtnas_tf.search.candidates.strategies import Surrogate

SCHEMA = toy_data.BINARY_SCHEMA
SPACE = RouteSpace(SCHEMA.task_names, 1, 2, dedup_singletons=True)
ROUTES = [SPACE.route(choices) for choices in np.ndindex(5, 5)]
PLACES = 4
DATA = make_data(schema=SCHEMA)


def new_trainer(score, places=PLACES):
    """A trainer of scores `(index of the route in ROUTES, seed)` -> float."""

    def valid(route, seed, epochs):
        value = score(ROUTES.index(route), seed)
        return {"click": {"auc": 0.75 * value}, "buy": {"auc": 0.25 * value}}

    return ScriptedTrainer(SPACE, valid, places)


def rounds_of(trainer):
    """(index of the route, seed) of every job, round by round."""
    return [
        [(ROUTES.index(r), s) for r, s in zip(routes, seeds, strict=True)]
        for _, routes, seeds in trainer.rounds
    ]


class InOrder(Strategy):
    """Proposes `ROUTES` from the first on; remembers what it was told."""

    def __init__(self):
        super().__init__(SPACE)
        self.told = []

    def propose(self, trials, count, rng):
        self.told.append([(ROUTES.index(t.route), t.score) for t in trials])
        return ROUTES[len(trials) : len(trials) + count]


def search(score, places=PLACES, **kwargs):
    trainer = new_trainer(score, places)
    search = CandidateSearch(
        SCHEMA, trainer=trainer, strategy=InOrder(), **kwargs
    )
    return search.run(DATA, verbose=0), trainer


def searched_with(strategy, **kwargs):
    search = CandidateSearch(
        SCHEMA, trainer=new_trainer(by_index), strategy=strategy, **kwargs
    )
    return search.run(DATA, verbose=0)


def by_index(index, seed):
    return float(index)


def test_rounds_of_new_routes_then_of_finalists():
    result, trainer = search(
        by_index, num_rounds=3, num_final_rounds=2, num_finalists=2
    )
    tried = [[index for index, _ in jobs] for jobs in rounds_of(trainer)]
    assert tried[:3] == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]
    # All starts tell the same: after one round 10 has fallen behind.
    assert tried[3:] == [[11, 10, 11, 10], [11, 11, 11, 11]]
    assert len(result.candidates) == 5 * PLACES
    assert [ROUTES.index(c.route) for c in result.candidates] == sum(tried, [])
    assert result.epochs == 2 * 5 * PLACES
    assert result.finalists == [ROUTES[11], ROUTES[10]]
    assert result.route == ROUTES[11]


def test_the_strategy_is_told_all_scores():
    strategy = InOrder()
    CandidateSearch(
        SCHEMA,
        trainer=new_trainer(by_index, places=2),
        strategy=strategy,
        num_rounds=3,
        cost=lambda route: len(route.reached()),
        cost_weight=0.5,
    ).run(DATA, verbose=0)
    full = len(SPACE.full_route().reached())
    costs = [0.5 * len(route.reached()) / full for route in ROUTES]
    scores = [(i, i - costs[i]) for i in range(4)]
    assert strategy.told == [[], scores[:2], scores]


def test_a_start_is_common_to_a_round_and_not_used_again():
    seeds = {}
    for seed in (0, 1, 12):
        _, trainer = search(
            by_index,
            num_rounds=3,
            num_final_rounds=2,
            num_finalists=3,
            seed=seed,
        )
        per_round = [[s for _, s in jobs] for jobs in rounds_of(trainer)]
        assert [len(set(starts)) for starts in per_round[:3]] == [1, 1, 1]
        # Of finalists each has other starts, the same as its rivals.
        jobs = [job for jobs in rounds_of(trainer) for job in jobs]
        assert len(set(jobs)) == len(jobs)
        assert [len(set(starts)) for starts in per_round[3:]] == [2, 4]
        used = [set(starts) for starts in per_round]
        assert sum(map(len, used)) == len(set.union(*used))
        seeds[seed] = set.union(*used)
    assert sum(map(len, seeds.values())) == len(set.union(*seeds.values()))


def lucky_once(index, seed):
    """Route 1 scores best in the first round, 3 ever after."""
    return 9.0 if index == 1 and seed % 1000 == 0 else float(index)


def test_a_lucky_start_makes_the_network_but_not_the_route():
    result, trainer = search(
        lucky_once, num_rounds=1, num_final_rounds=5, num_finalists=4
    )
    assert result.best.route == ROUTES[1]
    assert result.best.valid["click"]["auc"] == 0.75 * 9
    assert result.network == (ROUTES[1], rounds_of(trainer)[0][1][1])
    # Means over six starts: 14 / 6 of the lucky one.
    assert result.best_routes(4) == [ROUTES[i] for i in (3, 1, 2, 0)]
    assert result.route == ROUTES[3]


def test_a_finalist_of_fewer_starts_can_win():
    def late(index, seed):
        return 10.0 if index == 1 and seed % 1000 > 0 else float(index)

    result, trainer = search(
        late, num_rounds=1, num_final_rounds=1, num_finalists=3
    )
    assert [index for index, _ in rounds_of(trainer)[1]] == [3, 2, 1, 3]
    assert result.route == ROUTES[1]
    assert result.network == (ROUTES[1], rounds_of(trainer)[1][2][1])


def test_no_more_finalists_than_places():
    result, trainer = search(
        by_index, places=2, num_rounds=3, num_final_rounds=3, num_finalists=5
    )
    assert result.finalists == [ROUTES[5], ROUTES[4]]
    finals = [[i for i, _ in jobs] for jobs in rounds_of(trainer)[3:]]
    assert finals == [[5, 4], [5, 5], [5, 5]]


def test_finalists_that_fall_behind_are_not_trained_again():
    # 2 and 3 score alike, by starts that differ by 1; 0 is far behind.
    def noisy(index, seed):
        return {0: -9.0, 1: 0.0, 2: 2.8, 3: 3.0}[index] + seed % 2

    result, trainer = search(
        noisy, num_rounds=1, num_final_rounds=2, num_finalists=4
    )
    finals = [[i for i, _ in jobs] for jobs in rounds_of(trainer)[1:]]
    assert finals == [[3, 2, 1, 0], [3, 2, 3, 2]]
    starts = [s for jobs in rounds_of(trainer)[1:] for i, s in jobs if i == 3]
    assert len(set(starts)) == 3
    assert result.route == ROUTES[3]
    # They are finalists still, of fewer starts.
    assert result.finalists == [ROUTES[i] for i in (3, 2, 1, 0)]


def test_without_final_rounds():
    result, trainer = search(by_index, num_rounds=2, num_final_rounds=0)
    assert len(rounds_of(trainer)) == 2
    assert result.finalists == []
    assert result.route == result.best.route == ROUTES[7]


def test_a_route_proposed_again_is_no_better_for_it():
    class Repeating(Strategy):
        def propose(self, trials, count, rng):
            return [ROUTES[i] for i in (0, 1, 1, 2)]

    trainer = new_trainer(by_index)
    search = CandidateSearch(
        SCHEMA,
        trainer=trainer,
        strategy=Repeating(SPACE),
        num_rounds=1,
        num_finalists=2,
    )
    result = search.run(DATA, verbose=0)
    assert result.finalists == [ROUTES[2], ROUTES[1]]
    (_, first), (_, second) = rounds_of(trainer)[0][1:3]
    assert first != second


@pytest.mark.parametrize(("weight", "best"), [(0.0, 7), (0.5, 7), (2.0, 0)])
def test_cost_changes_the_winner(weight, best):
    result, _ = search(
        by_index,
        num_rounds=2,
        num_finalists=2,
        cost=ROUTES.index,
        cost_weight=weight * ROUTES.index(SPACE.full_route()),
    )
    assert result.best.route == result.route == ROUTES[best]
    assert result.finalists[1] == ROUTES[6 if best else 1]
    expected = [(1 - weight) * ROUTES.index(c.route) for c in result.candidates]
    assert result.scores() == pytest.approx(expected)


def test_regressions_count_by_their_squared_error():
    space = RouteSpace(toy_data.SCHEMA.task_names, 1, 2)
    trainer = ScriptedTrainer(space, None, PLACES)
    trainer.population.schema = toy_data.SCHEMA
    search = CandidateSearch(toy_data.SCHEMA, trainer=trainer)
    valid = {"click": {"auc": 0.75}, "stars": {"mse": 0.5}}
    assert search.score(Candidate(ROUTES[0], 0, 1, valid)) == 0.25


def test_a_search_is_seeded():
    found = []
    for seed in (0, 0, 1):
        trainer = new_trainer(by_index)
        CandidateSearch(
            SCHEMA, trainer=trainer, strategy=RandomSearch(SPACE), seed=seed
        ).run(DATA, verbose=0)
        found.append(
            [index for jobs in rounds_of(trainer) for index, _ in jobs]
        )
    assert found[0] == found[1] != found[2]


def test_a_result_says_how_many_routes_were_learned():
    first = [ROUTES[24], ROUTES[7]]
    strategy = Surrogate(SPACE, first, pool_size=5)
    result = searched_with(strategy, num_rounds=3)
    # Of 12 routes the second round's are not yet, 4 trials being too few.
    assert strategy.least_trials == 6
    assert result.num_learned == 4
    assert "16 networks trained, 4 routes proposed by scores, " in str(result)
    result = searched_with(strategy, num_rounds=2)
    assert result.num_learned == 4  # after 4


def test_a_search_without_learning_says_so():
    with pytest.warns(UserWarning, match="Surrogate proposes by scores after"):
        result = searched_with("surrogate", num_rounds=1)
    assert result.num_learned == 0
    assert "0 routes proposed by scores" in str(result)


def test_every_round_is_a_line(capsys):
    search = CandidateSearch(
        SCHEMA,
        trainer=new_trainer(by_index),
        strategy=InOrder(),
        num_rounds=2,
    )
    lines = [
        "round 1 of 2: 4 networks trained, best score 3.0000",
        "round 2 of 2: 8 networks trained, best score 7.0000",
        "final 1 of 1: 12 networks trained, best score 7.0000",
    ]
    search.run(DATA)
    assert capsys.readouterr().out.splitlines() == lines
    shown = []
    with shown_progress(3.0, shown.append):
        search.run(DATA, verbose=2)
    assert shown == lines
    search.run(DATA, verbose=0)
    assert capsys.readouterr().out == ""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Even though the `tf.config")
def test_all_parts_are_built():
    search = CandidateSearch(
        SCHEMA,
        num_layers=2,
        num_subnetworks=2,
        num_tables=2,
        num_places=3,
        epochs=2,
        num_rounds=2,
        optimizer=SparseAdam(0.25),
        units=5,
        embedding_dim=3,
    )
    population = search.trainer.population
    assert population.space.get_config() == {
        **RouteSpace(SCHEMA.task_names, 2, 2).get_config(),
        "dedup_singletons": True,
        "value_scope": "all_prev",
        "num_tables": 2,
    }
    assert (population.num_candidates, population.body.units) == (3, 5)
    assert float(population.optimizer.learning_rate) == 0.25
    with without_graphs(), shown_progress(3.0, print) as progress:
        found = search.run(DATA)
    assert progress.done == pytest.approx(search.effort, rel=1e-6) == 3
    assert len(found.candidates) == 3 * 3
    hand_made = set(population.space.hand_made_routes().values())
    assert hand_made < {candidate.route for candidate in found.candidates}
    assert any(len(route.used_roots) == 2 for route in hand_made)
    # An ordinary model: it evaluates, and trains on, as it is.
    with without_graphs():
        valid = found.network.evaluate_by_task(DATA.valid)
        found.network.fit(DATA.train, verbose=0)
    for task, values in found.best.valid.items():
        assert valid[task] == pytest.approx(values, rel=1e-4)
    assert float(found.network.optimizer.learning_rate) == 0.25


def test_sub_networks_may_be_linear():
    sizes = {"num_places": 1, "units": 2, "embedding_dim": 2}
    search = CandidateSearch(SCHEMA, 1, 2, has_linear=True, **sizes)
    assert search.trainer.population.space.has_linear


def test_defaults_are_those_of_a_config():
    config = ExperimentConfig()
    space = route_space(config, SCHEMA.task_names)
    theirs = new_config_trainer(config, SCHEMA, space)
    search = CandidateSearch(SCHEMA)
    ours = search.trainer.population
    for part in ("body", "encoder"):
        own = getattr(ours, part).get_config()
        expected = getattr(theirs.population, part).get_config()
        assert own == {**expected, "name": own["name"]}
    optimizer = ours.optimizer.get_config()
    assert optimizer == theirs.population.optimizer.get_config()
    assert search.trainer.epochs == theirs.epochs
    assert search.trainer.patience == theirs.patience
    settings = config.search.candidates
    assert isinstance(search.strategy, STRATEGIES[settings.strategy])
    for name in ("num_rounds", "num_final_rounds", "num_finalists"):
        assert getattr(search, name) == getattr(settings, name)
    assert (search.cost_weight,) == settings.cost_weights
    assert search.seed == config.seed


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"schema": "click"}, "`schema` must be a `DatasetSchema`.*='click'"),
        ({"num_layers": 0}, "`num_layers` must be an int.*=0"),
        ({"num_subnetworks": 2.5}, "`num_subnetworks` must be an int.*=2.5"),
        ({"num_places": 0}, "`num_places` must be an int.*=0"),
        ({"num_tables": 0}, "`num_tables` must be an int.*=0"),
        ({"epochs": 0}, "`epochs` must be an int of at least 1.*=0"),
        ({"patience": -1}, "`patience` must be an int of at least 0.*=-1"),
        ({"strategy": "guess"}, "`strategy` must be one of.*'guess'"),
        ({"strategy": RandomSearch(SPACE)}, "`strategy` must be over the"),
        ({"units": 0}, "`units` must be an int of at least 1.*=0"),
        ({"num_rounds": 0}, "`num_rounds` must be an int.*num_rounds=0"),
        ({"num_final_rounds": -1}, "`num_final_rounds` must.*rounds=-1"),
        ({"num_finalists": 0}, "`num_finalists` must.*num_finalists=0"),
        ({"cost_weight": -0.5}, "`cost_weight` must.*cost_weight=-0.5"),
        ({"seed": -1}, "`seed` must be an int of at least 0.*seed=-1"),
        ({"trainer": "trainer"}, "`trainer` must be a `CandidateTrainer`"),
    ],
)
def test_wrong_argument_is_named(kwargs, message):
    small = {} if "trainer" in kwargs else {"num_places": 2, "units": 3}
    with pytest.raises(ValueError, match=message):
        CandidateSearch(**{"schema": SCHEMA, **small, **kwargs})


def test_a_trainer_has_a_population_of_its_own():
    trainer = new_trainer(by_index)
    with pytest.raises(ValueError, match="`space` must not be given beside"):
        CandidateSearch(SCHEMA, trainer=trainer, space=SPACE)
    with pytest.raises(ValueError, match="`units` must not be.*units=7"):
        CandidateSearch(SCHEMA, trainer=trainer, units=7)
    with pytest.raises(ValueError, match="`trainer` must have a population"):
        CandidateSearch(toy_data.SCHEMA, trainer=trainer)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"ids": np.zeros((3, 2))}, "`data` must be a `MultiTaskData`.*ids"),
        (make_data(schema=toy_data.SCHEMA), "`data` must have the schema"),
    ],
)
def test_wrong_data(data, message):
    search = CandidateSearch(SCHEMA, trainer=new_trainer(by_index))
    with pytest.raises(ValueError, match=message):
        search.run(data)


def test_a_full_route_that_costs_nothing():
    with pytest.raises(ValueError, match="`cost` must be positive for the f"):
        search(by_index, cost=lambda route: 0, cost_weight=1.0)
