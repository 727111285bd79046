"""Populations whose sub-networks have several widths."""

import keras
import numpy as np
import pytest
import toy_data
from tolerances import near
from toy_population import CANDIDATES
from toy_population import ROUTE
from toy_population import make
from toy_population import make_space
from toy_population import randomize

from export import export_model
from export.serving import Predictor
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.models.traced_cost import traced_multiply_adds
from mtnas_tf.population.unequal_bank import UnequalBank
from mtnas_tf.search import CandidateSearch
from mtnas_tf.search.candidates.network_cost import network_cost

UNITS = (5, 2, 4)
SPLIT = toy_data.make_split(7)


def make_unequal(**kwargs):
    space = make_space(query_scope="all_prev", subnetwork_units=UNITS)
    population = make(space, **kwargs)
    population.initialize([ROUTE] * CANDIDATES, range(CANDIDATES))
    return population


def test_a_step_moves_what_the_route_reads_and_nothing_else():
    population = make_unequal(normalization=None, gate_normalization=None)
    # Numbers of weights: those of a network are the ones that it has.
    shapes = [each.shape for each in population.weights_by_candidate()]
    ends = np.cumsum([np.prod(shape) for shape in shapes])
    numbers = np.split(np.arange(ends[-1]), ends[:-1])
    numbered = [n.reshape(s) for n, s in zip(numbers, shapes, strict=True)]
    population.assign_by_candidate(numbered)
    network = population.network(1)
    live = np.concatenate([w.numpy().ravel() for w in network.weights])
    randomize(population)
    population.compile(
        keras.optimizers.SGD(0.01), run_eagerly=True, jit_compile=False
    )
    before = population.weights_by_candidate()
    inputs = {**SPLIT.inputs, "values": np.abs(SPLIT.inputs["values"])}
    population.train_on_batch(inputs, SPLIT.labels)
    after = population.weights_by_candidate()
    # A table's rows move where a batch reads them.
    for old, new, number in list(zip(before, after, numbered, strict=True))[1:]:
        is_live = np.isin(number[1], live)
        np.testing.assert_array_equal(new[1] != old[1], is_live)


def test_a_network_is_pruned_to_the_widths_that_it_reads():
    population = make_unequal()
    network = population.network(0)
    assert type(network) is SparseRouteModel
    shapes = {
        name: bank.kernel.shape[1:]
        for bank, names in zip(
            network.body.banks, network.body.active, strict=True
        )
        for name in names
    }
    root = population.encoder.units
    assert shapes == {
        **{"s1": (root, 5), "s2": (root, 2), "s3": (root, 4)},
        **{"s4": (5, 5), "s5": (4, 2), "s6": (5, 4)},
    }
    towers = network.towers.output_layers
    widths = {task: tower.kernel.shape[0] for task, tower in towers.items()}
    assert widths == {"click": 5, "stars": 5}
    cost = network_cost(population, ROUTE)
    assert cost == traced_multiply_adds(network)
    equal = make().space.full_route()
    assert cost < network_cost(make(), equal)


@pytest.mark.slow
def test_its_network_is_saved_and_exported(tmp_path):
    population = make_unequal()
    randomize(population)
    network = population.network(1)
    expected = network.predict(SPLIT.inputs, verbose=0)
    network.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    export_model(loaded, tmp_path / "out")
    served = Predictor(tmp_path / "out").predict_ids(
        SPLIT.inputs["ids"], SPLIT.inputs["values"]
    )
    for task, values in loaded.predict(SPLIT.inputs, verbose=0).items():
        np.testing.assert_array_equal(values, expected[task])
        np.testing.assert_allclose(
            served[task].reshape(values.shape), values, rtol=1e-5, atol=1e-5
        )


def test_a_bank_is_each_of_its_parts():
    bank = UnequalBank(num_candidates=2, units=UNITS, normalization="layer")
    inputs = np.random.default_rng(0).normal(size=(3, 6, 7)).astype("float32")
    linear = np.array([True, False, True, False, True, True])
    outputs = bank(inputs, is_linear=linear).numpy()
    shared = bank(inputs[:, ::3], is_linear=linear).numpy()
    for place, units in enumerate(UNITS):
        own = bank.banks[units]
        for candidate in range(2):
            index = 3 * candidate + place
            rows = inputs[:, [index, index]]
            read = own(rows, is_linear=linear[[place, 3 + place]])
            expected = read.numpy()[:, candidate]
            assert outputs[:, index, :units] == near(expected)
            assert (outputs[:, index, units:] == 0).all()
            both = own(inputs[:, ::3], is_linear=linear[[place, 3 + place]])
            assert shared[:, index, :units] == near(both.numpy()[:, candidate])


def test_widths_are_given_once():
    with pytest.raises(ValueError, match="`units` must be None.*units=3"):
        make_unequal(units=3)
    search = CandidateSearch(
        toy_data.SCHEMA, 1, 3, num_places=1, subnetwork_units=UNITS
    )
    assert search.trainer.population.body.widths == UNITS
    with pytest.raises(ValueError, match="`subnetwork_units` must not be"):
        CandidateSearch(
            toy_data.SCHEMA, trainer=search.trainer, subnetwork_units=UNITS
        )
