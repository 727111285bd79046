"""Lists, floats and vocabularies, from rows to served predictions."""

import keras
import numpy as np
import pytest
from tolerances import assert_near
from toy_model import scattered

from export import export_model
from export.serving import Predictor
from mtnas_tf.data import DatasetSchema
from mtnas_tf.data import FieldSpec
from mtnas_tf.data import TaskSpec
from mtnas_tf.models import MMoE
from mtnas_tf.models import SingleTask
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace

SCHEMA = DatasetSchema(
    name="toy",
    fields=(
        FieldSpec(name="tags", max_length=3),
        FieldSpec(name="user"),
        FieldSpec(name="price", kind="float", mean=2.0, scale=3.0),
        FieldSpec(name="seen", kind="integer", max_length=2),
        FieldSpec(name="age", kind="float", boundaries=(18.0, 65.0)),
        FieldSpec(name="city", vocabulary=("paris", "rome")),
    ),
    tasks=(TaskSpec(name="click"), TaskSpec(name="buy")),
    num_buckets=40,
)
ROWS = [
    {"tags": ["a", "b", "c", "d"], "user": "u", "price": 5.0, "age": 17},
    {"tags": [], "user": None, "price": None, "seen": [4], "age": 70},
    {"tags": ["a"], "seen": [1, 2, 3], "age": None, "city": "rome"},
    {"tags": None, "user": "v", "price": 1, "seen": [7, 7], "city": "oslo"},
]


class Doubled(MMoE):
    """A model whose graph is converted: its own is not known."""

    def call(self, inputs, training=False):
        outputs = super().call(inputs, training=training)
        return {task: (2 * y) / 2 for task, y in outputs.items()}


@pytest.fixture(
    params=[MMoE, SingleTask, Doubled], ids=lambda cls: cls.__name__
)
def model(request):
    model = request.param(SCHEMA, hidden_units=(4,), embedding_dim=3)
    return scattered(model, SCHEMA.preprocessor(ROWS))


def test_exports_predict_what_the_model_does(model, tmp_path):
    export_model(model, tmp_path / "out", formats=("onnx", "saved_model"))
    arrays = SCHEMA.preprocessor(ROWS)
    assert (arrays["ids"] == -1).sum() > 3
    expected = model(arrays)
    predictor = Predictor(tmp_path / "out")
    for received in (predictor.predict(ROWS), predictor.predict_ids(**arrays)):
        for task, values in expected.items():
            assert_near(received[task], values[:, 0])
    assert predictor.fields == SCHEMA.fields


@pytest.mark.parametrize(("column", "value"), [(0, -1), (1, -2), (3, -1)])
def test_only_a_list_is_padded(tmp_path, column, value):
    model = MMoE(SCHEMA, hidden_units=(4,), embedding_dim=3)
    scattered(model, SCHEMA.preprocessor(ROWS))
    export_model(model, tmp_path / "out", formats=("onnx",))
    predictor = Predictor(tmp_path / "out")
    arrays = SCHEMA.preprocessor(ROWS)
    arrays["ids"][2, column] = value
    with pytest.raises(
        ValueError, match=r"`ids` must lie in \[0, 40\).* 1 out"
    ):
        predictor.predict_ids(**arrays)
    with pytest.raises(Exception, match="(?i)gather|indices|out of"):
        predictor._run(arrays)  # the graph itself refuses it, too


def test_a_population_pools_as_a_network_does():
    space = RouteSpace(SCHEMA.task_names, 1, 2)
    starts = keras.initializers.RandomNormal(stddev=0.1)
    population = RoutePopulation(
        SCHEMA,
        space,
        num_candidates=2,
        units=4,
        embedding_dim=3,
        table_initializer=starts,
    )
    rng = np.random.default_rng(0)
    routes = [space.random_route(rng) for _ in range(2)]
    population.initialize(routes, seeds=[1, 2])
    arrays = SCHEMA.preprocessor(ROWS)
    together = population(arrays)
    for index in range(2):
        alone = population.network(index)(arrays)
        for task, values in alone.items():
            assert_near(together[task][:, index], values[:, 0])
    assert np.ptp(np.asarray(together["click"])) > 1e-3
