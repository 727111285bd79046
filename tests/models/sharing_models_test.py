"""The hand-made sharing methods against NumPy."""

import tracemalloc

import checks
import keras
import numpy as np
import pytest
import toy_data
from network_reference import expert_outputs
from network_reference import shared_outputs
from tolerances import assert_near

from mtnas_tf.layers import Towers
from mtnas_tf.models import MLMMoE
from mtnas_tf.models import MMoE
from mtnas_tf.models import MultiTaskModel
from mtnas_tf.models import SharedBottom
from mtnas_tf.models import SingleTask

SPLIT = toy_data.make_split(7)
INPUTS = SPLIT.inputs
SIZES = {"embedding_dim": 4, "hidden_units": (5,), "normalization": None}


def make(cls, schema=toy_data.SCHEMA, seed=0, **kwargs):
    model = cls(schema, **(SIZES | kwargs))
    checks.randomize(model, seed, scale=0.2)
    rng = np.random.default_rng(seed)
    for weight in model.trainable_weights:  # of both signs
        weight.assign(weight * rng.choice([-1, 1], weight.shape))
    return model


def assert_outputs(model, expected, inputs=INPUTS):
    checks.assert_close(checks.to_numpy(model(inputs)), expected)


@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("stem_units", [None, 6])
def test_shared_bottom(num_layers, stem_units):
    hidden_units = (5, 6, 4)[:num_layers]
    model = make(SharedBottom, hidden_units=hidden_units, stem_units=stem_units)
    assert_outputs(model, shared_outputs(model, INPUTS))


def test_mmoe():
    model = make(MMoE, num_experts=3)
    assert set(model.body.gates) == {"click", "stars"}
    assert_outputs(model, expert_outputs(model, INPUTS))


@pytest.mark.parametrize("num_layers", [2, 3])
def test_ml_mmoe(num_layers):
    model = make(MLMMoE, num_experts=3, num_layers=num_layers)
    assert len(model.body.gates) == 3 * (num_layers - 1) + 2
    assert_outputs(model, expert_outputs(model, INPUTS))


def test_single_task():
    model = make(SingleTask, hidden_units=(6, 5))
    for name in toy_data.SCHEMA.task_names:
        network = single_network(model, name)
        expected = shared_outputs(network, INPUTS)
        assert_near(model(INPUTS)[name], expected[name])


def single_network(model, task):
    """The network of a task of a `SingleTask`, as a model."""
    return MultiTaskModel(
        model.schema.with_tasks([task]),
        model.body.bodies[task],
        model.encoder.encoders[task],
        one_tower(model, task),
    )


def one_tower(model, task):
    schema = model.schema.with_tasks([task])
    units = model.body.bodies[task].bottom.units
    towers = Towers(schema.tasks)
    towers.build({task: (None, units)})
    towers.set_weights(model.towers.output_layers[task].get_weights())
    return towers


def same_weights(source, target):
    target.set_weights([np.copy(w) for w in source.get_weights()])
    return target


def assert_same_model(first, second):
    checks.assert_close(
        checks.to_numpy(second(INPUTS)),
        checks.to_numpy(first(INPUTS)),
    )


def test_mmoe_with_one_expert_is_shared_bottom():
    mmoe = make(MMoE, num_experts=1)
    assert_same_model(mmoe, same_weights(mmoe, make(SharedBottom, seed=1)))


def test_ml_mmoe_with_one_layer_is_mmoe():
    ml_mmoe = make(MLMMoE, num_layers=1, num_experts=3)
    mmoe = same_weights(ml_mmoe, make(MMoE, num_experts=3, seed=1))
    assert_same_model(ml_mmoe, mmoe)


def test_shared_bottom_of_one_task_is_single_task():
    schema = toy_data.DatasetSchema(
        name="one",
        fields=toy_data.SCHEMA.fields,
        tasks=(toy_data.STARS,),
        num_buckets=11,
    )
    shared = make(SharedBottom, schema)
    single = same_weights(shared, make(SingleTask, schema, seed=1))
    assert_same_model(shared, single)


def test_root_query_stem_changes_what_gates_read():
    model = make(MMoE, num_experts=3, stem_units=6, root_query="stem")
    assert model.body.gates["click"].kernel.shape == (6, 3)
    model = make(MMoE, num_experts=3, stem_units=6)
    assert model.body.gates["click"].kernel.shape == (14, 3)


@pytest.mark.slow
def test_single_tasks_are_independent():
    trained = []
    for flip in (False, True):
        keras.utils.set_random_seed(0)
        model = make(SingleTask)
        model.compile(run_eagerly=True, jit_compile=False)
        labels = dict(SPLIT.labels)
        if flip:
            labels["click"] = 1 - labels["click"]
        model.fit(INPUTS, labels, batch_size=3, epochs=2, verbose=0)
        trained.append([single_network(model, t) for t in model.body.bodies])
    checks.assert_same_weights(trained[0][1], trained[1][1])
    tables = [networks[0].encoder.table for networks in trained]
    assert (tables[0].numpy() != tables[1].numpy()).any()


def test_many_experts_list_no_subsets():
    # Of sixteen experts there are 65,535 subsets.
    tracemalloc.start()
    model = MMoE(toy_data.SCHEMA, num_experts=np.int64(16), hidden_units=(2,))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(model.body.route.blocks["click"].combination) == 16
    assert peak < 20e6
    # A number of NumPy's is an int, also where a route becomes JSON.
    copy = MMoE.from_config(model.get_config())
    assert copy.body.route.to_json() == model.body.route.to_json()
