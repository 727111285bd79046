"""Models that read the domain and the entities of a row."""

import checks
import keras
import numpy as np
import pytest
import toy_roles

from export import export_model
from mtnas_tf.models import POSO
from mtnas_tf.models import STAR
from mtnas_tf.models import PEPNet

SCHEMA = toy_roles.SCHEMA
SPLIT = toy_roles.make_split(7)
MODELS = {
    "pepnet": (PEPNet, {"gate_units": (2,)}),
    "poso": (POSO, {"gate_units": (2,)}),
    "star": (STAR, {"auxiliary_units": (2,)}),
}


def make(name, schema=SCHEMA, **kwargs):
    keras.utils.set_random_seed(1)
    cls, sizes = MODELS[name]
    model = cls(schema, hidden_units=(5, 3), **{**sizes, **kwargs})
    checks.randomize(model)
    return model


def test_pepnet_finds_its_fields_behind_lists():
    encoder = make("pepnet", embedding_dim=4).encoder
    # user, seen, item, tab, of which `seen` is one embedding.
    assert encoder.prior_columns == ((0, 4), (8, 12))
    assert encoder.epnet.domain_columns == (12, 16)


def test_pepnet_without_a_domain_is_ppnet():
    schema = SCHEMA.without_roles
    model = make("pepnet", schema)
    assert model.encoder.epnet is None
    assert not model.encoder.prior_columns
    checks.check_gradients(model, lambda: model(SPLIT.inputs))


@pytest.mark.parametrize("name", ["poso", "star"])
def test_rows_of_other_domains_do_not_matter(name):
    model = make(name)
    assert model.encoder.num_domains == toy_roles.NUM_DOMAINS
    ids = SPLIT.inputs["ids"]
    outputs = [
        checks.to_numpy(model({**SPLIT.inputs, "ids": changed}))
        for changed in (ids, with_tab(0), with_tab(1))
    ]
    for task, values in outputs[0].items():
        for tab in range(2):  # whose rows it leaves as they are
            is_tab = ids[:, 5] == tab
            np.testing.assert_array_equal(
                values[is_tab], outputs[tab + 1][task][is_tab]
            )
        assert (outputs[1][task] != outputs[2][task]).any()


def with_tab(tab):
    ids = SPLIT.inputs["ids"].copy()
    ids[:, 5] = tab
    return ids


@pytest.mark.parametrize("name", ["poso", "star"])
def test_a_schema_without_domains_is_refused(name):
    with pytest.raises(ValueError, match="`domain` must name.*=None"):
        make(name, SCHEMA.without_roles)


@pytest.mark.slow
@pytest.mark.parametrize("name", MODELS)
def test_exports_predict_alike(name, tmp_path):
    # Refused unless ONNX and SavedModel agree with the model to 1e-5.
    export_model(make(name), tmp_path / "out")
    assert (tmp_path / "out" / "model.onnx").exists()
