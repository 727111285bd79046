"""Tables that start with a user's vectors, trained and not."""

import checks
import keras
import numpy as np
import pytest
from tolerances import assert_near

from export import export_model
from export.onnx_model import load_onnx
from export.route_graph import is_known
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import FieldVectors
from mtnas_tf.models import MMoE
from mtnas_tf.models import SingleTask
from mtnas_tf.optimizers import SparseAdam
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace

# Rows of the table: item 0 to 3, seen 4 to 6, hashed users from 7.
SCHEMA = DatasetSchema(
    name="toy",
    fields=(
        FieldSpec(name="user"),
        FieldSpec(name="item", kind="integer", vocabulary=("5", "6", "7")),
        FieldSpec(name="seen", vocabulary=("a", "b"), max_length=2),
    ),
    tasks=(TaskSpec(name="click"), TaskSpec(name="buy")),
    num_buckets=11,
)
WIDTHS = {"user": 3, "item": 2, "seen": 3}
VECTORS = {
    "item": {7: [0.5, -1.0], 5: [2.0, 3.0], 99: [9.0, 9.0]},
    "seen": np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]),
}
ROWS = {
    "user": ["u", "v", "w", "x"],
    "item": [5, 6, 7, 99],
    "seen": [["a"], ["b", "a"], ["c", "b"], []],
}
INPUTS = SCHEMA.preprocessor(ROWS)
LABELS = {
    task: np.array([[0], [1], [0], [1]], "f") for task in SCHEMA.task_names
}
MODEL = {"hidden_units": (3,), "embedding_dim": WIDTHS}


def start(trainable=True, initializer="ones"):
    return FieldVectors.from_schema(SCHEMA, VECTORS, trainable, initializer)


def test_values_are_found_by_the_vocabulary_and_others_start_as_ever():
    encoder = FeatureEncoder.from_schema(SCHEMA, WIDTHS, start())
    encoder.build()
    expected = np.ones((11, 3), "f")
    expected[0, :2], expected[2, :2] = (2, 3), (0.5, -1)
    expected[4], expected[5] = (1, 2, 3), (4, 5, 6)
    np.testing.assert_array_equal(encoder.table, expected)
    by_value = {"seen": dict(zip("ab", VECTORS["seen"], strict=True))}
    other = FieldVectors.from_schema(SCHEMA, by_value, initializer="ones")
    np.testing.assert_array_equal(other((11, 3))[4:], expected[4:])


def trained(make, trainable):
    keras.utils.set_random_seed(0)
    model = make(SCHEMA, **MODEL, table_initializer=start(trainable))
    model.compile(
        SparseAdam(0.1, weight_decay=0.1), run_eagerly=True, jit_compile=False
    )
    model.train_on_batch(INPUTS, LABELS)
    return model


def test_fixed_vectors_neither_train_nor_decay():
    before = FeatureEncoder.from_schema(SCHEMA, WIDTHS, start())(INPUTS)
    for model in (trained(MMoE, False), trained(SingleTask, False)):
        encoders = getattr(model.encoder, "encoders", {"all": model.encoder})
        for encoder in encoders.values():
            assert not encoder.fixed_rows.trainable_weights
            moved = encoder(INPUTS).numpy() != before.numpy()
            # user 3, item 2, seen 3; rows 1 and 3 have items without a vector.
            assert moved[:, :3].all()
            assert moved[:, 3:5].all(axis=1).tolist() == [False, True] * 2
            assert moved[:, 3:5].any(axis=1).tolist() == [False, True] * 2
            assert moved[:, 5:].any(axis=1).tolist() == [False] * 2 + [True] * 2
    moved = trained(MMoE, True).encoder(INPUTS).numpy() != before.numpy()
    assert moved.all()


@pytest.mark.slow
def test_a_model_keeps_the_contract_and_is_exported(tmp_path):
    def make():
        return MMoE(SCHEMA, **MODEL, table_initializer=start(trainable=False))

    checks.check_model(make, INPUTS, LABELS, path=tmp_path)
    model = make()
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    root = loaded.encoder(INPUTS)
    np.testing.assert_array_equal(root, model.encoder(INPUTS))
    assert_near(root[0, 3:5], [2.0, 3.0])
    assert is_known(loaded)
    loaded.encoder.table.assign(np.full((11, 3), 7.0))  # what decay might do
    export_model(loaded, tmp_path / "out", formats=("onnx",))
    run = load_onnx(tmp_path / "out" / "model.onnx").run
    checks.assert_close(
        run({"ids": INPUTS["ids"].astype("int64")}),
        checks.to_numpy(loaded(INPUTS)),
    )


@pytest.mark.parametrize("trainable", [True, False])
def test_every_candidate_of_a_population_has_them(trainable):
    space = RouteSpace(SCHEMA.task_names, 1, 2)
    population = RoutePopulation(
        SCHEMA,
        space,
        num_candidates=2,
        units=3,
        embedding_dim=WIDTHS,
        table_initializer=start(trainable, "random_normal"),
    )
    population.initialize([space.full_route()] * 2, seeds=[1, 2])
    together = population(INPUTS)
    tables = []
    for index in range(2):
        network = population.network(index)
        tables.append(network.encoder.table.numpy())
        root = network.encoder(INPUTS)
        assert_near(root[2, 3:5], [0.5, -1.0])
        assert_near(root[1, 5:], [2.5, 3.5, 4.5])
        for task, values in network(INPUTS).items():
            assert_near(together[task][:, index], values[:, 0])
    differ = (tables[0] != tables[1]).any(axis=1)
    assert [*np.flatnonzero(~differ)] == [4, 5]  # item's third column differs


@pytest.mark.parametrize(
    ("vectors", "message"),
    [
        ({"user": {"u": [1.0]}}, r"`vectors` must.*\['item', 'seen'\].*'user'"),
        ({"itm": {5: [1.0]}}, "`vectors` must be of fields.*'itm'"),
        ({"item": {99: [1.0]}}, r"`vectors\['item'\]` must.*0 values"),
        ({"item": {5: [1.0], 6: [1.0, 2.0]}}, r"`vectors\['item'\]` must"),
        ({"item": {5: [np.nan]}}, r"`vectors\['item'\]` must.*finite"),
        ({"item": np.ones((2, 4))}, r"array of shape \(3, dim\).*\(2, 4\)"),
        ({"item": np.ones((3, 0))}, r"`vectors\['item'\]` must"),
    ],
)
def test_what_are_no_vectors_is_named(vectors, message):
    with pytest.raises(ValueError, match=message):
        FieldVectors.from_schema(SCHEMA, vectors)


def test_vectors_of_another_width_or_vocabulary_are_refused():
    with pytest.raises(ValueError, match=r"`embedding_dim` must.*'item'.* 2\."):
        MMoE(SCHEMA, table_initializer=start())
    others = {"item": FieldSpec(name="item", vocabulary=("5", "8", "7"))}
    fields = tuple(others.get(f.name, f) for f in SCHEMA.fields)
    schema = DatasetSchema(
        name="toy", fields=fields, tasks=SCHEMA.tasks, num_buckets=11
    )
    with pytest.raises(ValueError, match="another vocabulary of 'item'"):
        MMoE(schema, **MODEL, table_initializer=start())
