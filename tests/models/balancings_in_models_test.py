"""Every balancing in a model: it trains, is saved and trains on."""

import checks
import keras
import numpy as np
import pytest
import toy_data
from exhaustive import all_but
from tolerances import assert_near
from tolerances import near

from mtnas_tf.balancing import BALANCINGS
from mtnas_tf.balancing import LossBalancing
from mtnas_tf.models import MMoE
from mtnas_tf.optimizers import SparseAdam

SPLIT = toy_data.make_split(10)
# Weights that are learned, weights of gradients, combined gradients.
UNLIKE = ("uncertainty", "gradnorm", "pcgrad")
ARRAYS = {"batch_size": 5, "shuffle": False, "verbose": 0}
EAGER = {"run_eagerly": True, "jit_compile": False}


def make(**kwargs):
    keras.utils.set_random_seed(0)
    return MMoE(
        toy_data.SCHEMA,
        num_experts=2,
        hidden_units=(5,),
        embedding_dim=4,
        **kwargs,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", all_but(UNLIKE, BALANCINGS))
def test_a_loaded_model_trains_on(name, tmp_path):
    model = make()
    model.compile(SparseAdam(0.01), balancing=name, **EAGER)
    model.fit(SPLIT.inputs, SPLIT.labels, epochs=2, **ARRAYS)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded.balancing) is BALANCINGS[name]
    for trained in (model, loaded):
        trained.run_eagerly = True
        trained.fit(SPLIT.inputs, SPLIT.labels, **ARRAYS)
    checks.assert_same_weights(loaded, model)
    checks.assert_same_weights(loaded.balancing, model.balancing)
    assert all(np.isfinite(w).all() for w in model.get_weights())


@pytest.mark.slow
@pytest.mark.parametrize("name", all_but(UNLIKE, BALANCINGS))
def test_graph_and_xla_train_as_eager_execution(name):
    weights = []
    for mode in (EAGER, {"jit_compile": False}, {"jit_compile": True}):
        model = make()
        model.compile(keras.optimizers.SGD(0.1), balancing=name, **mode)
        history = model.fit(
            SPLIT.inputs, SPLIT.labels, epochs=3, **ARRAYS
        ).history
        assert history["loss"][-1] < history["loss"][0]
        weights.append(model.get_weights())
    for eager, graph, xla in zip(*weights, strict=True):
        assert_near(graph, eager, 10**4)
        assert_near(xla, eager, 10**4)


@pytest.mark.slow
@pytest.mark.parametrize("name", all_but(UNLIKE, BALANCINGS))
def test_no_step_copies_a_table(name):
    model = make()
    model.compile(SparseAdam(0.1), balancing=name)
    assert checks.table_copies(model, (SPLIT.inputs, SPLIT.labels)) == []


@keras.saving.register_keras_serializable(package="tests")
class Observer(LossBalancing):
    """Plain training that keeps what it is shown."""

    needs_losses_after = True

    def weights(self, losses):
        return keras.ops.ones_like(losses)

    def observe(self, losses, losses_after):
        self.seen = losses, losses_after


def test_losses_after_a_step_are_seen_and_change_nothing():
    plain, observed = make(), make()
    balancing = Observer()
    plain.compile("sgd", **EAGER)
    observed.compile("sgd", balancing=balancing, **EAGER)
    batch = SPLIT.inputs, SPLIT.labels
    for model in (plain, observed):
        model.train_on_batch(*batch)
    # Moving averages of the gates' normalizations among them.
    checks.assert_same_weights(plain, observed)
    before, after = balancing.seen
    assert float(after.numpy().sum()) < float(before.numpy().sum())
    logs = plain.train_on_batch(*batch, return_dict=True)
    assert float(after.numpy().sum()) == near(float(logs["loss"]))
