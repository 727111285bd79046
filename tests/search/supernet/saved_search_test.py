"""A search that was stopped goes on as if it never was."""

import checks
import keras
import numpy as np
import pytest
from toy_search import make_data
from toy_search import make_search

from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.search import SearchModel
from mtnas_tf.search.supernet.estimators import Mixture
from mtnas_tf.search.supernet.estimators import Reinforce

EPOCHS = 2


def test_another_estimator_can_take_over(tmp_path):
    search = make_search()
    data = make_data()
    search.fit(data.search, epochs=1, verbose=0)
    search.compile(estimator=Mixture(), run_eagerly=True, jit_compile=False)
    search.fit(data.search, epochs=1, verbose=0)
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert isinstance(loaded.estimator, Mixture)
    checks.assert_same_weights(loaded.supernet, search.supernet)


def search_settings():
    return {
        "optimizer": SparseAdam(0.01, weight_decay=1e-3),
        "route_optimizer": keras.optimizers.Adam(0.05),
        "loss_weights": {"click": 2.0, "buy": 0.5},
        "estimator": Reinforce(2, "moving_average", baseline_decay=0.7),
        "warmup_steps": 1,
    }


def fit(search, data, epochs, initial_epoch=0, callbacks=()):
    # Evaluation settles the table at the end of each epoch, as saving does.
    search.fit(
        data.search,
        validation_data=data.valid,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=list(callbacks),
        verbose=0,
    )


@pytest.fixture(scope="module")
def straight():
    search = make_search(**search_settings())
    fit(search, make_data(), EPOCHS)
    return search


def assert_same_search(search, straight):
    checks.assert_same_weights(search.supernet, straight.supernet)
    np.testing.assert_array_equal(
        search.estimator.baseline_rewards, straight.estimator.baseline_rewards
    )
    checks.assert_same_weights(search.optimizer, straight.optimizer)
    checks.assert_same_weights(search.route_optimizer, straight.route_optimizer)


@pytest.mark.parametrize("how", ["save", "checkpoint"])
def test_a_saved_search_goes_on_as_if_never_stopped(how, straight, tmp_path):
    path = tmp_path / "search.keras"
    search = make_search(**search_settings())
    checkpoint = keras.callbacks.ModelCheckpoint(path)
    fit(
        search,
        make_data(),
        1,
        callbacks=[checkpoint] if how == "checkpoint" else [],
    )
    if how == "save":
        search.save(path)
    resumed = keras.saving.load_model(path)
    assert resumed.get_compile_config() == search.get_compile_config()
    data = make_data()
    data.seek(1)
    fit(resumed, data, EPOCHS, initial_epoch=1)
    assert_same_search(resumed, straight)


class Interruption(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        if epoch == 1:
            raise KeyboardInterrupt


@pytest.mark.slow
def test_a_backed_up_search_goes_on_as_if_never_stopped(straight, tmp_path):
    search = make_search(**search_settings())
    backup = keras.callbacks.BackupAndRestore(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        fit(
            search,
            make_data(),
            EPOCHS,
            callbacks=[backup, Interruption()],
        )
    resumed = make_search(**search_settings())
    data = make_data()
    data.seek(1)
    fit(
        resumed,
        data,
        EPOCHS,
        callbacks=[keras.callbacks.BackupAndRestore(tmp_path)],
    )
    assert_same_search(resumed, straight)


def test_a_search_that_was_never_compiled_is_saved(tmp_path):
    search = SearchModel(make_search().supernet)
    search.save(tmp_path / "search.keras")
    loaded = keras.saving.load_model(tmp_path / "search.keras")
    assert not loaded.compiled
    checks.assert_same_weights(loaded.supernet, search.supernet)
    assert loaded.get_config() == search.get_config()
