"""Rows that the optimizer has left behind are never seen, nor come back."""

import pickle

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_data

from export import export_model
from mtnas_tf.models import MTNAS
from mtnas_tf.models import MMoE
from mtnas_tf.models import SingleTask
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.optimizers import settled
from mtnas_tf.optimizers.settled_variable import SettledVariable
from mtnas_tf.search import SearchModel

SPLIT = toy_data.make_split(10)
IDS = np.arange(toy_data.NUM_BUCKETS)
SIZES = {
    "embedding_dim": 4,
    "table_initializer": "random_normal",
    "normalization": None,
}


def make(cls=MMoE, **kwargs):
    keras.utils.set_random_seed(0)
    sizes = {"units": 5}
    if cls is MMoE:
        sizes = {"num_experts": 3, "hidden_units": (5,)}
        sizes["gate_normalization"] = None
    model = cls(
        toy_data.SCHEMA,
        **SIZES,
        **sizes,
        **kwargs,
    )
    model.compile(SparseAdam(0.1), jit_compile=False, run_eagerly=True)
    return model


def batch(rows):
    """Some rows of the split: inputs and labels."""
    return [
        {name: values[rows] for name, values in part.items()}
        for part in (SPLIT.inputs, SPLIT.labels)
    ]


def train(model):
    for rows in (slice(0, 2), slice(2, 4), slice(2, 4)):
        model.train_on_batch(*batch(rows))


def stored(model):
    return [table.stored.numpy() for table in model.tables]


def is_behind(model):
    before = stored(model)
    model.settle()
    pairs = zip(before, stored(model), strict=True)
    return any(np.any(x != y) for x, y in pairs)


@pytest.fixture(scope="module")
def reference():
    """A model that was reference, its predictions and its table."""
    model = make()
    train(model)
    before = model.encoder.table.stored.numpy()
    model.settle()
    table = model.encoder.table.stored.numpy()
    assert np.abs(table - before).max() > 0.05
    return model, checks.to_numpy(model(SPLIT.inputs)), table


def stored_value(variable):
    """What holds the value, which reading it so does not settle."""
    is_settled = isinstance(variable, SettledVariable)
    return variable.stored if is_settled else variable.value


@pytest.fixture(scope="module")
def in_mid_training():
    """A model with outdated rows, and all that its training has changed."""
    model = make()
    train(model)
    values = [
        stored_value(variable)
        for variable in (*model.variables, *model.optimizer.variables)
    ]
    return model, [(value, value.numpy()) for value in values]


@pytest.fixture
def trained(in_mid_training, reference):
    """A model whose optimizer has left rows behind."""
    model, values = in_mid_training
    for variable, value in values:
        variable.assign(value)
    outdated = model.encoder.table.stored.numpy() - reference[2]
    assert np.abs(outdated).max() > 0.05
    return model


def with_weights(model):
    copy = make()
    copy.set_weights(model.get_weights())
    return copy(SPLIT.inputs)


def through_weights_file(model, path):
    model.save_weights(path / "model.weights.h5")
    copy = make()
    copy.load_weights(path / "model.weights.h5")
    return copy(SPLIT.inputs)


def through_file(model, path):
    model.save(path / "model.keras")
    return keras.saving.load_model(path / "model.keras")(SPLIT.inputs)


def through_checkpoint(model, path):
    saved = tf.train.Checkpoint(model=model).write(path / "checkpoint")
    copy = make()
    copy.train_on_batch(*batch(slice(4, 6)))
    tf.train.Checkpoint(model=copy).read(saved).assert_consumed()
    return copy(SPLIT.inputs)


def through_encoder_checkpoint(model, path):
    saved = tf.train.Checkpoint(model=model.encoder).write(path / "checkpoint")
    values = tf.train.load_checkpoint(saved)
    copy = make()
    copy.set_weights(model.get_weights())
    copy.encoder.table.assign(
        values.get_tensor("model/table/.ATTRIBUTES/VARIABLE_VALUE")
    )
    return copy(SPLIT.inputs)


def through_export(model, path):
    model.export(
        path / "exported",
        input_signature=[
            {
                name: tf.TensorSpec((None, *x.shape[1:]), x.dtype)
                for name, x in SPLIT.inputs.items()
            }
        ],
        verbose=False,
    )
    loaded = tf.saved_model.load(path / "exported")
    return loaded.serve(SPLIT.inputs)


def through_clone(model):
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy(SPLIT.inputs)


READS = {
    "call": lambda model, path: model(SPLIT.inputs),
    "call in training": lambda model, path: model(SPLIT.inputs, training=True),
    "call in a graph": lambda model, path: tf.function(model)(SPLIT.inputs),
    "compiled call": lambda model, path: tf.function(model, jit_compile=True)(
        SPLIT.inputs
    ),
    "predict": lambda model, path: model.predict(SPLIT.inputs, verbose=0),
    "predict_on_batch": lambda model, path: model.predict_on_batch(
        SPLIT.inputs
    ),
    "get_weights": lambda model, path: with_weights(model),
    "save_weights": through_weights_file,
    "save": through_file,
    "checkpoint": through_checkpoint,
    "encoder's checkpoint": through_encoder_checkpoint,
    "export": through_export,
    "clone_model": lambda model, path: through_clone(model),
    "pickle": lambda model, path: pickle.loads(pickle.dumps(model))(
        SPLIT.inputs
    ),
}


@pytest.mark.parametrize("how", READS)
def test_predictions_are_of_settled_tables(how, trained, reference, tmp_path):
    predictions = checks.to_numpy(READS[how](trained, tmp_path))
    checks.assert_close(predictions, reference[1], 1e-6)


@pytest.mark.parametrize("use", ["evaluate", "test_on_batch"])
def test_results_are_of_settled_tables(use, trained, reference):
    results, expected = (
        getattr(m, use)(SPLIT.inputs, SPLIT.labels, return_dict=True)
        for m in (trained, reference[0])
    )
    assert results["loss"] == pytest.approx(expected["loss"], rel=1e-6)


TABLES = {
    "numpy": lambda table: table.numpy(),
    "array": np.asarray,
    "value": lambda table: table.value.numpy(),
    "tensor": tf.convert_to_tensor,
    "operator": lambda table: table * 1.0,
    "index": lambda table: table[:],
    "rows": lambda table: table.rows(IDS),
}


@pytest.mark.parametrize("how", TABLES)
def test_a_table_is_read_settled(how, trained, reference):
    table = TABLES[how](trained.get_layer("encoder").table)
    np.testing.assert_allclose(table, reference[2], rtol=1e-5, atol=1e-7)


def test_a_table_is_printed_settled(trained):
    text = repr(trained.encoder.table)
    assert text == repr(trained.encoder.table)
    assert not is_behind(trained)


def test_the_state_of_the_optimizer_is_read_settled(reference):
    model = make()
    variables = model.optimizer.variables
    train(model)
    pairs = zip(variables, reference[0].optimizer.variables, strict=True)
    for ours, its in pairs:
        np.testing.assert_allclose(ours, its, rtol=1e-5, atol=1e-9)


WRITES = {
    "set_weights": lambda model, weights: model.set_weights(weights),
    "encoder's set_weights": lambda model, weights: model.encoder.set_weights(
        weights[:1]
    ),
    "assign": lambda model, weights: model.encoder.table.assign(weights[0]),
    "value": lambda model, weights: model.encoder.table.value.assign(
        weights[0]
    ),
}


@pytest.mark.parametrize("how", WRITES)
def test_what_is_written_stays(how, trained):
    weights = [np.ones(weight.shape, "f") for weight in trained.weights]
    WRITES[how](trained, weights)
    np.testing.assert_array_equal(trained.encoder.table.stored, weights[0])
    np.testing.assert_array_equal(trained.encoder.table.rows(IDS), weights[0])
    assert not is_behind(trained)


def test_loaded_weights_stay(trained, tmp_path):
    other = make()
    other.save_weights(tmp_path / "start.weights.h5")
    trained.load_weights(tmp_path / "start.weights.h5")
    pairs = zip(trained.get_weights(), other.get_weights(), strict=True)
    for ours, its in pairs:
        np.testing.assert_array_equal(ours, its)
    assert not is_behind(trained)


def test_early_stopping_restores_what_it_measured():
    model = make()
    predictions = {}

    class Remember(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["score"] = [1.0, 2.0, 0.0][epoch]
            # Another optimizer step follows before weights are restored.
            predictions[epoch] = checks.to_numpy(model(SPLIT.inputs))

    model.fit(
        *batch(slice(0, 6)),
        batch_size=2,
        epochs=3,
        shuffle=False,
        verbose=0,
        callbacks=[
            Remember(),
            keras.callbacks.EarlyStopping(
                "score", mode="max", patience=9, restore_best_weights=True
            ),
        ],
    )
    restored = checks.to_numpy(model(SPLIT.inputs))
    checks.assert_close(restored, predictions[1], 1e-6)
    checks.assert_close(model.predict(SPLIT.inputs, verbose=0), restored, 1e-6)


OPTIMIZERS = {
    "sparse": lambda model: SparseAdam(0.1),
    "lazy": lambda model: SparseAdam(0.1, semantics="lazy"),
    "dense": lambda model: keras.optimizers.Adam(0.1),
    "the same": lambda model: model.optimizer,
}


@pytest.mark.parametrize("how", OPTIMIZERS)
def test_another_optimizer_finds_settled_tables(how, reference):
    model = make()
    train(model)
    model.compile(OPTIMIZERS[how](model), jit_compile=False, run_eagerly=True)
    np.testing.assert_allclose(
        model.encoder.table.stored, reference[2], rtol=1e-5, atol=1e-7
    )
    train(model)
    assert is_behind(model) == (how in ("sparse", "the same"))


def test_a_table_frozen_in_mid_training_stays(reference):
    model = make()
    train(model)
    model.encoder.trainable = False
    for compiled in (SparseAdam(0.1), model.optimizer):
        model.compile(compiled, jit_compile=False, run_eagerly=True)
        train(model)
        np.testing.assert_allclose(
            model.encoder.table, reference[2], rtol=1e-5, atol=1e-7
        )


def test_one_of_several_tables_may_be_frozen():
    keras.utils.set_random_seed(0)
    model = SingleTask(toy_data.SCHEMA, hidden_units=(5,), **SIZES)
    frozen, trained = model.encoder.encoders.values()
    frozen.trainable = False
    start = frozen.table.numpy()
    model.compile(SparseAdam(0.1), jit_compile=False, run_eagerly=True)
    train(model)
    read = checks.to_numpy(model(SPLIT.inputs))
    np.testing.assert_array_equal(frozen.table.stored, start)
    before = trained.table.stored.numpy()
    model.settle()
    assert np.any(trained.table.stored.numpy() != before)
    checks.assert_close(read, checks.to_numpy(model(SPLIT.inputs)), 1e-6)


@pytest.mark.slow
def test_models_of_one_table_take_turns():
    supernet = make(MTNAS)
    search = SearchModel(supernet)
    search.compile(SparseAdam(0.1), jit_compile=False, run_eagerly=True)
    data = toy_data.make_data(toy_data.SCHEMA)
    search_batch = next(iter(data.search))
    turns = ((supernet, search), (search, supernet), (supernet, search))
    for trained, other in turns:
        if trained is search:
            trained.make_train_function()
            trained.train_function(iter([search_batch]))
        else:
            train(trained)
        read = checks.to_numpy(supernet(SPLIT.inputs))
        predicted = other.predict(SPLIT.inputs, verbose=0)
        assert not is_behind(trained)
        checks.assert_close(read, checks.to_numpy(supernet(SPLIT.inputs)), 1e-6)
        again = other.predict(SPLIT.inputs, verbose=0)
        checks.assert_close(predicted, again, 1e-6)


def exported_sizes(model, path):
    export_model(model, path)
    loaded = tf.saved_model.load(path / "saved_model")
    return [variable.shape for variable in loaded.read_variables]


def test_exports_in_mid_training_hold_no_optimizer(tmp_path):
    model = make()
    sizes = exported_sizes(model, tmp_path / "fresh")
    train(model)
    assert exported_sizes(model, tmp_path / "trained") == sizes
    assert sum(shape == model.encoder.table.shape for shape in sizes) == 1


def num_variables_read(table):
    function = tf.function(table.rows)
    return len(function.get_concrete_function(tf.constant([1])).variables)


def test_graphs_of_settled_tables_read_nothing_else():
    table = make().encoder.table
    assert num_variables_read(table) > 1
    with settled([table]):
        assert num_variables_read(table) == 1
