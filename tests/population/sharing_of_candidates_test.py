"""What a population tells of a network, and what the network tells itself."""

import numpy as np
import toy_data
import toy_population
from tolerances import assert_near

from mtnas_tf.population.sharing_of_candidates import sharing_of_candidates


def test_a_candidate_is_read_as_its_network():
    space = toy_population.make_space(query_scope="root")
    routes = [space.full_route(), space.hand_made.disjoint()]
    population = toy_population.make(space, num_candidates=2)
    population.initialize(routes, seeds=range(2))
    toy_population.randomize(population)
    batches = [(toy_data.make_split(7).inputs, None)]
    found = sharing_of_candidates(population, batches)
    for place in range(2):
        network = population.network(place)
        for ours, theirs in zip(
            found[place], network.sharing(batches), strict=True
        ):
            rows = [ours.readers.index(name) for name in theirs.readers]
            columns = [ours.sources.index(name) for name in theirs.sources]
            chosen = np.ix_(rows, columns)
            assert ours.name == theirs.name
            assert_near(
                np.nan_to_num(ours.weights[chosen]),
                np.nan_to_num(theirs.weights),
            )
            unread = np.isnan(ours.weights[chosen])
            np.testing.assert_array_equal(unread, np.isnan(theirs.weights))
    assert len(found[0][0].readers) == 3  # of the second layer
