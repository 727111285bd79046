"""The contract of all sharing bodies: layers of their own, without a schema."""

import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from checks import softmax
from exhaustive import EXHAUSTIVE
from network_reference import sub_network
from tolerances import assert_near
from tolerances import rounding

from mtnas_tf import layers
from mtnas_tf.routes import RouteSpace

TASKS = ("click", "a b")
ROWS, ROOT_UNITS, UNITS = 3, 4, 5
ROOT = np.random.default_rng(0).normal(size=(ROWS, ROOT_UNITS)).astype("f")
DEEP = {"hidden_units": (6, UNITS)}
GATED = {**DEEP, "gate_units": (3,)}
BODIES = {
    "shared_bottom": lambda **kw: layers.SharedBottom(TASKS, **DEEP, **kw),
    "l2_constrained": lambda **kw: layers.L2Constrained(TASKS, **DEEP, **kw),
    "cross_stitch": lambda **kw: layers.CrossStitch(TASKS, **DEEP, **kw),
    "omoe": lambda **kw: layers.OMoE(TASKS, 3, **DEEP, **kw),
    "shared_embedding": lambda **kw: layers.SharedEmbedding(
        TASKS, **DEEP, **kw
    ),
    "mmoe": lambda **kw: layers.MMoE(TASKS, 3, **DEEP, **kw),
    "ml_mmoe": lambda **kw: layers.MLMMoE(TASKS, 2, 3, **DEEP, **kw),
    "dselect_k": lambda **kw: layers.DSelectK(TASKS, 3, **DEEP, **kw),
    "dselect_k_examples": lambda **kw: layers.DSelectK(
        TASKS, 3, per_example=True, **DEEP, **kw
    ),
    "snr_aver": lambda **kw: layers.SNRAver(TASKS, 2, 3, **DEEP, **kw),
    "snr_trans": lambda **kw: layers.SNRTrans(TASKS, 2, 3, **DEEP, **kw),
    "cgc": lambda **kw: layers.PLE(TASKS, 1, **DEEP, **kw),
    "ple": lambda **kw: layers.PLE(TASKS, 2, **DEEP, **kw),
    "adatt": lambda **kw: layers.AdaTT(TASKS, 2, 2, 1, **DEEP, **kw),
    "adatt_sp": lambda **kw: layers.AdaTT(TASKS, 2, 1, 0, **DEEP, **kw),
    "home": lambda **kw: layers.HoME(TASKS, **DEEP, **kw),
    "me_mmoe": lambda **kw: layers.MEMMoE(TASKS, 1, 1, 2, **GATED, **kw),
    "me_ple": lambda **kw: layers.MEPLE(TASKS, 1, 2, 1, **GATED, **kw),
    "stem_net": lambda **kw: layers.STEMNet(TASKS, 2, **GATED, **kw),
    "tensor_factorized": lambda **kw: layers.TensorFactorized(
        TASKS, kind="tt", rank=2, **DEEP, **kw
    ),
    "single_task": lambda **kw: layers.SingleTask(TASKS, **DEEP, **kw),
    "route": lambda **kw: layers.RouteNetwork(
        RouteSpace(TASKS, 2, 3).full_route(), UNITS, **kw
    ),
    "auto_mtl": lambda **kw: layers.AutoMTL(TASKS, 2, UNITS, **kw),
    "supernet": lambda **kw: layers.Supernet(TASKS, 2, 2, UNITS, **kw),
    "learning_to_branch": lambda **kw: layers.LearningToBranch(
        TASKS, 2, 3, warmup_steps=0, **DEEP, **kw
    ),
    "gumbel_allocation": lambda **kw: layers.GumbelAllocation(
        TASKS, 2, 3, **DEEP, **kw
    ),
    "routing_networks": lambda **kw: layers.RoutingNetworks(
        TASKS, 2, 3, **DEEP, **kw
    ),
    "ada_share": lambda **kw: layers.AdaShare(
        TASKS, warmup_steps=0, curriculum_epochs=1, **DEEP, **kw
    ),
}
# Bodies that draw what they run in training.
DRAWN = (
    "learning_to_branch",
    "gumbel_allocation",
    "ada_share",
    "routing_networks",
)


def root_of(name):
    """One root feature, or one a task, or one more."""
    of_tasks = dict.fromkeys(TASKS, ROOT)
    if name in ("me_mmoe", "me_ple", "stem_net"):
        return {"shared": ROOT, "tasks": of_tasks}
    return of_tasks if name == "single_task" else ROOT


def make(name, **kwargs):
    body = BODIES[name](**kwargs)
    body.build(shapes(root_of(name)))
    checks.randomize(body)
    return body


def shapes(tensors):
    return keras.tree.map_structure(lambda x: tuple(x.shape), tensors)


@pytest.mark.filterwarnings("ignore:When providing `inputs` as a dict")
@pytest.mark.parametrize(
    ("stem_units", "normalization", "jit_compile"),
    [
        (7, "layer", False),
        pytest.param(7, None, True, marks=EXHAUSTIVE),
        pytest.param(None, "layer", True, marks=EXHAUSTIVE),
        pytest.param(None, None, True, marks=EXHAUSTIVE),
    ],
)
@pytest.mark.parametrize("name", BODIES)
def test_contract(name, stem_units, normalization, jit_compile, tmp_path):
    kwargs = {"stem_units": stem_units, "normalization": normalization}
    body, root = make(name, **kwargs), root_of(name)
    num_weights = len(body.weights)
    outputs = checks.to_numpy(body(root))
    assert len(body.weights) == num_weights, "`call` made weights"
    assert shapes(outputs) == dict.fromkeys(TASKS, (ROWS, UNITS))
    assert body.compute_output_shape(shapes(root)) == shapes(outputs)
    config = body.get_config()
    assert type(body).from_config(config).get_config() == config
    if name in DRAWN:
        checks.check_gradients(body, lambda: checks.draws(body, root))
    elif name not in ("supernet", "auto_mtl"):  # of one route at a time
        checks.check_gradients(body, lambda: body(root))
    compiled = tf.function(body.__call__, jit_compile=jit_compile)
    checks.assert_close(checks.to_numpy(compiled(root)), outputs)
    symbols = keras.tree.map_structure(
        lambda x: keras.Input(batch_shape=(None, ROOT_UNITS)), root
    )
    model = keras.Model(symbols, body(symbols))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    checks.assert_close(checks.to_numpy(loaded(root)), outputs)


@pytest.mark.parametrize("name", BODIES)
def test_half_precision(name):
    body, mixed = make(name), make(name, dtype="mixed_bfloat16")
    mixed.set_weights(body.get_weights())
    expected = checks.to_numpy(body(root_of(name)))
    for task, values in mixed(root_of(name)).items():
        assert keras.backend.standardize_dtype(values.dtype) == "bfloat16"
        np.testing.assert_allclose(
            values.numpy().astype("f"),
            expected[task],
            atol=rounding(64, "bfloat16") * np.abs(expected[task]).max(),
        )


def test_deep_experts_are_chains_of_hidden_layers():
    body = make("mmoe")
    outputs = body(ROOT)
    for row, x in enumerate(ROOT):
        experts = [
            sub_network(
                body.experts.banks[1],
                k,
                sub_network(body.experts.banks[0], k, x),
            )
            for k in range(3)
        ]
        for task in TASKS:
            weights = softmax(x @ body.gates[task].kernel.numpy())
            expected = sum(w * e for w, e in zip(weights, experts, strict=True))
            assert_near(outputs[task][row], expected)


def test_a_deep_bottom_is_a_chain_of_hidden_layers():
    body = make("shared_bottom", stem_units=7)
    x = ROOT
    for bank in (body.stem.bank, *body.bottom.banks):
        x = relu(x @ bank.kernel.numpy()[0] + bank.bias.numpy()[0])
    for values in body(ROOT).values():
        assert_near(values, x)


def test_networks_of_their_own_share_the_root_alone():
    body = make("shared_embedding", stem_units=7)
    stem = body.stem.bank
    root = relu(ROOT @ stem.kernel.numpy()[0] + stem.bias.numpy()[0])
    outputs = body(ROOT)
    for index, task in enumerate(TASKS):
        x = root
        for bank in body.networks.banks:
            x = relu(x @ bank.kernel.numpy()[index] + bank.bias.numpy()[index])
        assert_near(outputs[task], x)


def test_full_routes_of_deep_experts_are_equal():
    first, second = make("ml_mmoe"), layers.MLMMoE(TASKS, 1, 3, **DEEP)
    second.build(ROOT.shape)
    mmoe = make("mmoe")
    second.set_weights(mmoe.get_weights())
    checks.assert_close(
        checks.to_numpy(second(ROOT)), checks.to_numpy(mmoe(ROOT))
    )
    assert len(first.gates) == 3 + 2
