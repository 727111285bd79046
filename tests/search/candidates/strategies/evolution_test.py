import numpy as np
import pytest

from mtnas_tf.routes import Route
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search.candidates.strategies import Evolution
from mtnas_tf.search.candidates.strategies import Trial

SPACE = RouteSpace(("click", "buy"), 2, 3, dedup_singletons=True)


def random_trials(scores):
    rng = np.random.default_rng(0)
    return [Trial(SPACE.random_route(rng), score) for score in scores]


def parents(strategy, trials, monkeypatch, count=200):
    """Indices of the trials whose routes are mutated."""
    monkeypatch.setattr(strategy, "mutated", lambda route, rng: route)
    rng = np.random.default_rng(0)
    routes = [trial.route for trial in trials]
    return [routes.index(strategy.draw(trials, rng)) for _ in range(count)]


def test_a_mutation_changes_one_block_that_matters():
    strategy = Evolution(SPACE)
    rng = np.random.default_rng(0)
    route = SPACE.hand_made.chain()
    live = {*route.reached(), *route.tasks}
    sizes = {b.consumer: len(b.routes) for b in SPACE.blocks}
    seen = {}
    for _ in range(1500):
        child = strategy.mutated(route, rng)
        (changed,) = (
            name
            for name, block in child.blocks.items()
            if block != route.blocks[name]
        )
        seen.setdefault(changed, set()).add(child.blocks[changed])
    assert set(seen) == live & set(sizes)
    assert len(live & set(sizes)) < len(sizes)
    # Every other local route of a block can be the new one.
    for name, blocks in seen.items():
        assert len(blocks) == sizes[name] - 1


def test_without_a_choice_that_matters_nothing_is_mutated():
    space = RouteSpace(("click",), 1, 1, dedup_singletons=True)
    route = space.full_route()
    assert Evolution(space).mutated(route, np.random.default_rng(0)) == route


def test_the_old_die_however_good(monkeypatch):
    trials = random_trials([9, 8, 1, 3, 2])
    strategy = Evolution(SPACE, population_size=3, tournament_size=3)
    assert set(parents(strategy, trials, monkeypatch)) == {3}


def test_a_tournament_is_won_by_the_best_drawn(monkeypatch):
    trials = random_trials([9, 1, 4, 3, 2])
    alone = Evolution(SPACE, population_size=4, tournament_size=1)
    drawn = parents(alone, trials, monkeypatch)
    assert set(drawn) == {1, 2, 3, 4}
    pairs = Evolution(SPACE, population_size=4, tournament_size=2)
    won = parents(pairs, trials, monkeypatch)
    # The worst cannot win, the best wins half of all tournaments.
    assert set(won) == {2, 3, 4}
    assert won.count(2) == pytest.approx(100, abs=4 * np.sqrt(50))


def test_children_come_once_there_is_a_population():
    trials = random_trials([5, 1, 2])
    strategy = Evolution(SPACE, population_size=3, tournament_size=3)
    child = strategy.draw(trials, np.random.default_rng(0))
    parent = trials[0].route
    assert sum(child.blocks[n] != b for n, b in parent.blocks.items()) == 1


@pytest.mark.parametrize("size", [0, 5])
def test_size_of_a_tournament(size):
    message = "`tournament_size` must lie in.*=[05], population_size=4"
    with pytest.raises(ValueError, match=message):
        Evolution(SPACE, population_size=4, tournament_size=size)


def test_a_mutation_may_change_the_table_that_a_sub_network_reads():
    space = RouteSpace(("click", "buy"), 1, 4, gated=False, num_tables=3)
    strategy = Evolution(space)
    rng = np.random.default_rng(0)
    chain = space.hand_made.chain()  # s2 and s4 are idle
    children = [strategy.mutated(chain, rng) for _ in range(90)]
    assert chain not in children
    # Two blocks, and two sub-networks: half of the children, all alike.
    over = [child for child in children if child.blocks == chain.blocks]
    assert {str(child) for child in over} == {
        "s3 <- root2\nclick <- s1\nbuy <- s3"
    }
    assert len(over) == pytest.approx(45, abs=4 * np.sqrt(90) / 2)
    apart = over[0]
    children = [strategy.mutated(apart, rng) for _ in range(90)]
    assert apart not in children
    assert chain in children
    for child in children:
        space.check(child)


def test_tables_of_a_single_sub_network_are_no_choice():
    space = RouteSpace(("click",), 1, 1, dedup_singletons=True, num_tables=2)
    route = space.full_route()
    assert Evolution(space).mutated(route, np.random.default_rng(0)) == route


def test_a_mutation_of_an_edge_reads_one_value_more_or_less():
    space = RouteSpace(("click",), 1, 16, dedup_singletons=True)
    strategy = Evolution(space, mutation="edge")
    rng = np.random.default_rng(0)
    blocks = space.full_route().blocks
    for _ in range(200):
        route = Route(1, 16, blocks)
        child = strategy.mutated(route, rng)
        space.check(child)
        before, after = route.blocks["click"], child.blocks["click"]
        edges = set(before.combination) ^ set(after.combination)
        if len(before.combination) == 1 == len(after.combination):
            assert len(edges) == 2  # a single value, replaced
        elif edges:
            assert len(edges) == 1
        else:
            assert before.query != after.query
        blocks = child.blocks


def test_a_mutation_must_be_known():
    with pytest.raises(ValueError, match="`mutation` must be.*='bit'"):
        Evolution(SPACE, mutation="bit")


def test_a_mutation_may_make_a_sub_network_linear():
    space = RouteSpace(("click", "buy"), 1, 4, gated=False, has_linear=True)
    strategy = Evolution(space)
    rng = np.random.default_rng(0)
    chain = space.hand_made.chain().with_linear(["s1"])  # s2, s4 are idle
    children = [strategy.mutated(chain, rng) for _ in range(90)]
    assert chain not in children
    bent = [c.linear for c in children if c.blocks == chain.blocks]
    assert set(bent) == {(), ("s1", "s3")}
    for child in children:
        space.check(child)
