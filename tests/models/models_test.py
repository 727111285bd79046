"""The contract of all models, over the zoo itself."""

import dataclasses
import inspect

import checks
import keras
import numpy as np
import pytest
import toy_data

from mtnas_tf.models import MODELS

SIZES = {
    "dselect_k": {"num_experts": 3},
    "snr_aver": {"num_experts": 3},
    "snr_trans": {"num_experts": 3},
    "omoe": {"num_experts": 3},
    "mmoe": {"num_experts": 3},
    "ml_mmoe": {"num_experts": 3},
    "ple": {"num_task_experts": 2, "num_shared_experts": 1},
    "mtnas": {"num_subnetworks": 2},
    # Behind wider ones, gates of random weights choose one value each.
    **dict.fromkeys(
        ("stem_net", "me_mmoe", "me_ple", "pepnet", "poso"),
        {"gate_units": (2,)},
    ),
    "learning_to_branch": {"num_experts": 3, "warmup_steps": 0},
    "gumbel_allocation": {"num_experts": 3},
    "ada_share": {"warmup_steps": 0},
    "routing_networks": {"num_experts": 3},
}
BATCH = toy_data.make_split(7)
CLASS_BATCH = toy_data.make_split(7, toy_data.CLASS_SCHEMA)


def make_model(method, schema=toy_data.SCHEMA, **kwargs):
    keras.utils.set_random_seed(1)
    sizes = {"embedding_dim": 4} | toy_data.widths(method, 5)
    sizes |= SIZES.get(method, {})
    return MODELS[method](schema, **(sizes | kwargs))


def all_local_routes(model, inputs):
    """Every local route of a supernet, as routes side by side."""
    sizes = np.array([len(block.routes) for block in model.space.blocks])
    choices = np.arange(sizes.max())[:, None] % sizes
    return model.route_logits(inputs, choices.astype("int32"))


FORWARD = {
    **dict.fromkeys(("mtnas", "auto_mtl"), all_local_routes),
    "learning_to_branch": checks.draws,
    "gumbel_allocation": checks.draws,
    "ada_share": checks.draws,
    "routing_networks": checks.draws,
}


@pytest.mark.parametrize(
    ("normalization", "stem_units"), [(None, None), ("batch", 6), ("layer", 6)]
)
@pytest.mark.parametrize("name", MODELS)
def test_contract(name, normalization, stem_units, tmp_path):
    checks.check_model(
        lambda: make_model(
            name, normalization=normalization, stem_units=stem_units
        ),
        BATCH.inputs,
        BATCH.labels,
        path=tmp_path,
        forward=FORWARD.get(name),
    )


@pytest.mark.parametrize("name", MODELS)
def test_contract_with_classes(name, tmp_path):
    checks.check_model(
        lambda: make_model(name, toy_data.CLASS_SCHEMA),
        CLASS_BATCH.inputs,
        CLASS_BATCH.labels,
        path=tmp_path,
        forward=FORWARD.get(name),
    )


# All kinds of tasks in one: what is trained takes its time to compile.
ALL_KINDS = dataclasses.replace(
    toy_data.CLASS_SCHEMA, tasks=(*toy_data.CLASS_SCHEMA.tasks, toy_data.BUY)
)


# XLA takes longest: by default it compiles one model.
@pytest.mark.parametrize(
    ("name", "jit_compile"),
    [
        *((name, False) for name in MODELS if name not in ("mmoe", "auto_mtl")),
        ("mmoe", True),
        # It is trained in a search.
        pytest.param("auto_mtl", False, marks=pytest.mark.slow),
        *(
            pytest.param(name, True, marks=pytest.mark.slow)
            for name in MODELS
            if name != "mmoe"
        ),
    ],
)
def test_training(name, jit_compile, tmp_path):
    batch = toy_data.make_split(7, ALL_KINDS)
    checks.check_training(
        lambda **kwargs: make_model(
            name,
            ALL_KINDS,
            normalization="batch",
            table_initializer="random_normal",
            **kwargs,
        ),
        batch.inputs,
        batch.labels,
        jit_compile=jit_compile,
        path=tmp_path,
    )


@pytest.mark.parametrize("name", MODELS)
def test_export(name, tmp_path):
    checks.check_export(
        lambda: make_model(name, ALL_KINDS), BATCH.inputs, path=tmp_path
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
    model = make_model(name, **kwargs)
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
        model = MODELS[name](schema, **toy_data.widths(name, 5))
        outputs = model({key: BATCH.inputs[key][:, :width]})
        assert list(outputs) == ["click"]
        assert outputs["click"].shape == (7, 1)
