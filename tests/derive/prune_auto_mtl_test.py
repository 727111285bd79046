"""Networks of what an AutoMTL supernet chose."""

import checks
import keras
import numpy as np
import pytest
import toy_data

from export import export_model
from mtnas_tf.derive import build_model
from mtnas_tf.derive import new_model
from mtnas_tf.derive import prune
from mtnas_tf.models import AutoMTL
from mtnas_tf.search import SearchModel

ROWS = toy_data.make_split(7)


def make(seed=0, **kwargs):
    """A supernet that has settled on choices drawn at random."""
    keras.utils.set_random_seed(seed)
    shape = {"num_layers": 3, "units": 5, "embedding_dim": 3}
    supernet = AutoMTL(toy_data.SCHEMA, **(shape | kwargs))
    checks.randomize(supernet, seed)
    rng = np.random.default_rng(seed)
    supernet.policy.pin(rng.integers(supernet.policy.num_choices))
    return supernet


@pytest.mark.parametrize("normalization", ["layer", "batch"])
@pytest.mark.parametrize("seed", range(4))
def test_predicts_as_the_supernet_does(seed, normalization):
    supernet = make(seed, normalization=normalization, stem_units=4)
    pruned = prune(supernet)
    assert pruned.route == supernet.route
    assert sum(bank.num_subnetworks for bank in pruned.body.banks) == len(
        pruned.route.reached()
    )
    checks.assert_close(
        checks.to_numpy(pruned(ROWS.inputs)),
        checks.to_numpy(supernet(ROWS.inputs)),
    )


def test_a_search_derives_it():
    search = SearchModel(make(1))
    search.compile(jit_compile=False)
    derived = build_model(search, search.route)
    checks.assert_close(
        checks.to_numpy(derived(ROWS.inputs)),
        checks.to_numpy(search(ROWS.inputs)),
    )
    assert new_model(search.supernet, search.route).route == search.route


def test_another_route_is_refused():
    supernet = make()
    other = supernet.space.route([1, 1, 0, 1, 0, 2])
    assert other != supernet.route
    with pytest.raises(ValueError, match="`route` must be the supernet's pres"):
        build_model(supernet, other)


def test_is_exported(tmp_path):
    supernet = make(2)
    # It is checked against the model before it is in place.
    export_model(prune(supernet), tmp_path / "out", formats=("onnx",))
    assert (tmp_path / "out" / "model.onnx").is_file()
