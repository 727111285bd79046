"""The contract of all models, over the zoo itself."""

import dataclasses
import inspect

import checks
import pytest
import tiny_models
import toy_data
from exhaustive import all_but

from mtnas_tf.models import MODELS

# All kinds of tasks in one: what is trained takes its time to compile.
ALL_KINDS = dataclasses.replace(
    toy_data.CLASS_SCHEMA, tasks=(*toy_data.CLASS_SCHEMA.tasks, toy_data.BUY)
)
BATCH = toy_data.make_split(7)
# Gates, tables of each task, a policy, routes.
UNLIKE = ("mmoe", "stem_net", "routing_networks", "mtnas")


def check_model(name, path, schema=ALL_KINDS, **kwargs):
    batch = toy_data.make_split(7, schema)
    checks.check_model(
        lambda: tiny_models.make_model(
            name, schema, table_initializer="random_normal", **kwargs
        ),
        batch.inputs,
        batch.labels,
        path=path,
        forwards=tiny_models.forwards,
    )


@pytest.mark.parametrize("name", MODELS)
def test_contract(name, tmp_path):
    check_model(name, tmp_path, normalization="batch", stem_units=6)


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MODELS)
def test_contract_without_options(name, tmp_path):
    check_model(
        name, tmp_path, toy_data.SCHEMA, normalization=None, stem_units=None
    )


@pytest.mark.slow
@pytest.mark.exhaustive
@pytest.mark.parametrize("name", MODELS)
def test_training_by_xla_and_in_low_precision(name, tmp_path):
    batch = toy_data.make_split(7, ALL_KINDS)
    checks.check_training(
        lambda **kwargs: tiny_models.make_model(
            name,
            ALL_KINDS,
            normalization="batch",
            table_initializer="random_normal",
            **kwargs,
        ),
        batch.inputs,
        batch.labels,
        path=tmp_path,
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", all_but(UNLIKE, MODELS))
def test_export(name, tmp_path):
    checks.check_export(
        lambda: tiny_models.make_model(name, ALL_KINDS), tmp_path
    )


@pytest.mark.parametrize("name", MODELS)
def test_a_copy_has_all_parts(name):
    kwargs = {
        "embedding_dim": 2,
        "stem_units": 3,
        "normalization": "batch",
        "dropout_rate": 0.25,
        "table_initializer": "ones",
        "name": "mine",
        "dtype": "mixed_bfloat16",
    }
    accepted = inspect.signature(MODELS[name]).parameters
    optional = {"root_query": "stem", "tower_units": (4,)}
    kwargs |= {k: value for k, value in optional.items() if k in accepted}
    model = tiny_models.make_model(name, toy_data.SCHEMA, **kwargs)
    copy = type(model).from_config(model.get_config())
    assert copy.get_config() == model.get_config()
    assert copy.name == "mine"
    body = copy.body.get_config()
    for key in ("stem_units", "normalization", "dropout_rate"):
        assert body[key] == kwargs[key]
    assert copy.towers.tower_units == kwargs.get("tower_units", ())
    parts = (copy, copy.body, copy.encoder, copy.towers)
    assert {p.dtype_policy.name for p in parts} == {"mixed_bfloat16"}
    assert all((table.numpy() == 1).all() for table in copy.tables)
    assert copy.schema == toy_data.SCHEMA


# A domain is a field that has ids.
@pytest.mark.parametrize(
    "name", [name for name, cls in MODELS.items() if not cls.needs_domain]
)
def test_inputs_without_ids_or_without_values(name):
    fields = toy_data.SCHEMA.fields
    for kept, key in ((fields[1:2], "values"), (fields[2:], "ids")):
        schema = toy_data.DatasetSchema(
            name="part", fields=kept, tasks=(toy_data.CLICK,), num_buckets=11
        )
        width = {"values": 2, "ids": 2}[key]
        model = tiny_models.make_model(name, schema)
        outputs = model({key: BATCH.inputs[key][:, :width]})
        assert list(outputs) == ["click"]
        assert outputs["click"].shape == (7, 1)
