from operator import itemgetter

from mtnas_tf.routes.pareto_front import pareto_front

CHEAP, BETTER, BEST = ("a", 1, 0.1), ("b", 2, 0.2), ("c", 4, 0.5)


def front_of(entries):
    return pareto_front(entries, itemgetter(1), itemgetter(2))


def test_front_is_what_nothing_beats_in_both():
    beaten = [("d", 3, 0.2), ("e", 2, 0.15), ("f", 9, 0.5)]
    assert front_of([BEST, *beaten, CHEAP, BETTER]) == [CHEAP, BETTER, BEST]


def test_the_better_of_equal_cost_is_on_the_front():
    assert front_of([("", 1, 0.0), CHEAP]) == [CHEAP]
