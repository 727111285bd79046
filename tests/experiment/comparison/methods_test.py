from toy_rows import MMOE
from toy_rows import TASKS
from toy_rows import drawn
from toy_rows import make_rows

from mtnas_tf.experiment.comparison.methods import HAND_MADE
from mtnas_tf.experiment.comparison.methods import Methods
from mtnas_tf.routes import RouteSpace


def test_hand_made_routes_are_those_of_the_space():
    space = RouteSpace(TASKS, 2, 2, value_scope="all_prev", num_tables=2)
    assert set(space.hand_made_routes()) == set(HAND_MADE)


def test_the_best_hand_made_route_is_chosen_on_validation():
    rows = make_rows(("full_route", None), [1.4] * 6)
    rows += make_rows(("chain_route", None), [1.3] * 6)
    assert Methods(rows).best_hand_made == "full_route"
    for row in rows[6:]:
        row["valid_score"] = 2.0  # though worse on test
    assert Methods(rows).best_hand_made == "chain_route"
    assert Methods(drawn(MMOE)).best_hand_made is None
