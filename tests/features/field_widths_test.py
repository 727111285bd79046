"""Embeddings of a width for each field, from encoder to export."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
import toy_roles
from tolerances import assert_near
from toy_roles import NUM_BUCKETS
from toy_roles import SCHEMA

from export import export_model
from export.onnx_model import load_onnx
from export.route_graph import is_known
from mtnas_tf.derive import build_model
from mtnas_tf.derive import max_difference
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import SharedAndTaskEncoders
from mtnas_tf.models import MTNAS
from mtnas_tf.models import MMoE
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.routes import multiply_adds

INPUTS = toy_roles.make_split(6).inputs
BY_NAME = {"item": 2, "user": 3, "seen": 5, "tab": 1}
WIDTHS = (3, 5, 2, 1)  # user, seen, item, tab: the order of the schema
ROOT_UNITS = sum(WIDTHS) + 2


def make_encoder(embedding_dim=BY_NAME, **kwargs):
    encoder = FeatureEncoder.from_schema(SCHEMA, embedding_dim, **kwargs)
    encoder.build()
    checks.randomize(encoder)
    return encoder


def test_contract(tmp_path):
    checks.check_layer(
        FeatureEncoder,
        {
            "num_fields": 4,
            "num_values": 2,
            "num_buckets": NUM_BUCKETS,
            "embedding_dim": WIDTHS,
            "lengths": (1, 3, 1, 1),
        },
        (INPUTS,),
        (6, ROOT_UNITS),
        {"table": (NUM_BUCKETS, max(WIDTHS))},
        path=tmp_path,
    )


def test_a_field_reads_the_first_columns_of_its_rows():
    encoder = make_encoder()
    assert (encoder.widths, encoder.units) == (WIDTHS, ROOT_UNITS)
    table = encoder.table.numpy()
    outputs = encoder(INPUTS)
    for row, (ids, values) in enumerate(
        zip(INPUTS["ids"], INPUTS["values"], strict=True)
    ):
        user, *seen, item, tab = ids
        mean = np.mean([table[i] for i in seen if i >= 0], axis=0)
        parts = (table[user][:3], mean, table[item][:2], table[tab][:1])
        assert_near(outputs[row], np.concatenate([*parts, values]))


def test_columns_that_no_field_reads_have_no_gradient():
    encoder = make_encoder({"user": 1, "seen": 1, "item": 4, "tab": 2})
    with tf.GradientTape() as tape:
        outputs = encoder(INPUTS)
    gradient = tf.convert_to_tensor(tape.gradient(outputs, encoder.table.value))
    read = np.zeros((NUM_BUCKETS, 4), bool)
    for columns, width in (([0, 1, 2, 3], 1), ([4], 4), ([5], 2)):
        ids = INPUTS["ids"][:, columns]
        read[ids[ids >= 0], :width] = True
    np.testing.assert_array_equal(gradient.numpy() != 0, read)


def test_equal_widths_are_one_width():
    one, each = make_encoder(4), make_encoder(dict.fromkeys(BY_NAME, 4))
    np.testing.assert_array_equal(one(INPUTS), each(INPUTS))
    assert make_encoder({"tab": 2}).widths == (10, 10, 10, 2)


@pytest.mark.parametrize(
    ("embedding_dim", "message"),
    [
        ({"usr": 3}, r"`embedding_dim` must name .*'user'.*'usr' among"),
        ({"x": 3}, "`embedding_dim` must name embedded fields.*'x' among"),
        ({"tab": 0}, r"`embedding_dim\['tab'\]` must be an int of at least 1"),
        ({"tab": "4"}, r"`embedding_dim\['tab'\]` must be an int"),
        ((4, 4), r"`embedding_dim` must .*one for each field.*\(4, 4\)"),
        ((4, 4, 4, -1), "`embedding_dim` must be an int of at least 1"),
        ("4", "`embedding_dim` must be an int"),
    ],
)
def test_wrong_widths_are_named(embedding_dim, message):
    with pytest.raises(ValueError, match=message):
        FeatureEncoder.from_schema(SCHEMA, embedding_dim)
    with pytest.raises(ValueError, match=message):
        RoutePopulation(
            SCHEMA,
            RouteSpace(SCHEMA.task_names, 1, 2),
            num_candidates=2,
            embedding_dim=embedding_dim,
        )


def test_every_encoder_of_tasks_has_them():
    encoder = SharedAndTaskEncoders.from_schema(SCHEMA, BY_NAME)
    parts = [encoder.shared, *encoder.tasks.encoders.values()]
    assert [part.widths for part in parts] == [WIDTHS] * 4
    copy = SharedAndTaskEncoders.from_config(encoder.get_config())
    assert copy.get_config() == encoder.get_config()
    assert copy.shared.widths == WIDTHS


def test_a_model_is_exported_as_written_by_hand(tmp_path):
    model = MMoE(
        SCHEMA, num_experts=2, hidden_units=(3,), embedding_dim=BY_NAME
    )
    checks.randomize(model)
    assert is_known(model)
    export_model(model, tmp_path / "out", formats=("onnx",))
    run = load_onnx(tmp_path / "out" / "model.onnx").run
    ids = INPUTS["ids"].astype("int64")
    checks.assert_close(
        run({**INPUTS, "ids": ids}), checks.to_numpy(model(INPUTS))
    )


def test_a_derived_network_costs_and_predicts_as_its_supernet():
    sizes = {"num_layers": 1, "num_subnetworks": 2, "units": 3}
    supernet = MTNAS(SCHEMA, **sizes, embedding_dim=BY_NAME)
    checks.randomize(supernet)
    route = supernet.space.random_route(np.random.default_rng(3))
    model = build_model(supernet, route)
    assert model.encoder.widths == WIDTHS
    assert max_difference(supernet, model, INPUTS) < 1e-5
    kernels = [w for w in model.trainable_weights if w.path.endswith("kernel")]
    mixes = sum(
        len(block.combination) * 3
        for block in route.blocks.values()
        if len(block.combination) > 1
    )
    cost = multiply_adds(route, model.encoder.units, 3)
    assert cost == mixes + sum(int(np.prod(k.shape)) for k in kernels)


def test_a_population_reads_as_its_networks_do():
    space = RouteSpace(SCHEMA.task_names, 1, 2)
    population = RoutePopulation(
        SCHEMA,
        space,
        num_candidates=2,
        units=3,
        embedding_dim=BY_NAME,
        table_initializer=keras.initializers.RandomNormal(stddev=0.3),
    )
    population.initialize([space.full_route()] * 2, seeds=[1, 2])
    together = population(INPUTS)
    for index in range(2):
        network = population.network(index)
        assert network.encoder.widths == WIDTHS
        for task, values in network(INPUTS).items():
            assert_near(together[task][:, index], values[:, 0])
    encoder = population.encoder
    assert encoder.units == ROOT_UNITS
    copy = type(encoder).from_config(encoder.get_config())
    assert copy.get_config() == encoder.get_config()
    assert (copy.embedding_dim, copy.units) == (WIDTHS, ROOT_UNITS)
