import checks
import keras
import numpy as np
import pytest
import tensorflow as tf
from checks import relu
from network_reference import sub_network
from tolerances import assert_near

from mtnas_tf.layers import AdaShare
from mtnas_tf.layers import SharedBottom
from mtnas_tf.layers.skip_penalties import sharing_penalty
from mtnas_tf.layers.skip_penalties import sparsity_penalty

TASKS = ("click", "buy")
ROOT = np.random.default_rng(0).normal(size=(4, 5)).astype("f")
WIDTHS = (7, 8, 6)


def make(seed=0, **kwargs):
    body = AdaShare(TASKS, WIDTHS, seed=seed, **kwargs)
    body.build(ROOT.shape)
    checks.randomize(body, seed)
    return body


def set_executed(body, is_executed):
    """Makes each block and task all but certain, `(blocks, tasks)`."""
    logit = np.where(np.array(is_executed)[..., None], (3, -3), (-3, 3))
    body.choices.kernel.assign(logit / body.choices.learning_rate_factor)


def reference(body, executed, row):
    """The docstring's equations for one row: task -> h."""
    outputs = {}
    for task, own in zip(TASKS, np.transpose(executed), strict=True):
        x = sub_network(body.first, 0, row)
        for p, block in zip(own, body.blocks, strict=True):
            hidden = sub_network(block.hidden, 0, x)
            dense = block.output_layer
            added = hidden @ dense.kernel.numpy() + dense.bias.numpy()
            x = p * relu(x + added) + (1 - p) * x
        outputs[task] = x
    return outputs


def assert_outputs(outputs, body, executed):
    for index, row in enumerate(ROOT):
        for task, expected in reference(body, executed, row).items():
            assert_near(outputs[task][index], expected)


def test_evaluated_it_executes_what_is_more_probable():
    rng = np.random.default_rng(0)
    for seed in range(3):
        body = make(seed)
        # Of both signs, so that a block may take away.
        for block in body.blocks:
            kernel = block.output_layer.kernel
            kernel.assign(kernel * rng.choice([-1, 1], kernel.shape))
        is_executed = rng.random((3, 2)) < 0.5
        set_executed(body, is_executed)
        assert_outputs(body(ROOT), body, is_executed)
        policy = dict(zip(TASKS, is_executed.T.tolist(), strict=True))
        assert body.policy == {t: tuple(own) for t, own in policy.items()}
    assert int(body.counter.steps) == 0


def test_tasks_that_skip_everything_share_one_layer():
    body = make()
    set_executed(body, np.zeros((3, 2)))
    bottom = SharedBottom(TASKS, hidden_units=(6,))
    bottom.build(ROOT.shape)
    bottom.set_weights(body.first.get_weights())
    checks.assert_close(
        checks.to_numpy(body(ROOT)), checks.to_numpy(bottom(ROOT))
    )


def test_warm_up_executes_everything_and_teaches_the_policy_nothing():
    body = make(warmup_steps=2)
    set_executed(body, np.zeros((3, 2)))
    for step in range(3):
        with tf.GradientTape() as tape:
            outputs = body(ROOT, training=True)
            total = sum(map(tf.reduce_sum, outputs.values())) + body.losses[0]
        gradient = tape.gradient(total, body.choices.kernel.value)
        is_warming_up = step < 2
        assert np.any(gradient) != is_warming_up
        assert bool(body.losses[0] == 0) == is_warming_up
        if is_warming_up:
            assert_outputs(outputs, body, np.ones((3, 2)))


@pytest.mark.parametrize("epoch", [0, 1, 2, 50])
def test_the_curriculum_starts_from_the_last_block(epoch):
    body = make(warmup_steps=10, annealing_steps=4, curriculum_epochs=3)
    body.counter.steps.assign(10 + 4 * 3 * epoch + 11)  # the last of it
    num_drawn = min(epoch + 1, 3)
    with tf.GradientTape() as tape:
        total = sum(map(tf.reduce_sum, body(ROOT, training=True).values()))
    gradient = np.asarray(tape.gradient(total, body.choices.kernel.value))
    is_drawn = gradient.any(axis=(1, 2))
    if epoch < 50:  # cold by then: a draw may be 0 or 1 but for rounding
        assert is_drawn.tolist() == [i >= 3 - num_drawn for i in range(3)]
    logits = body.choices.logits
    mask = (np.arange(3) >= 3 - num_drawn).astype("f")
    expected = sparsity_penalty(logits, mask) + sharing_penalty(logits)
    assert_near(body.losses[0], 0.05 * expected)


@pytest.mark.parametrize("sharing_form", ["probs", "logits"])
def test_the_weights_of_both_losses(sharing_form):
    body = make(
        sparsity_weight=0.3,
        sharing_weight=0.2,
        sharing_form=sharing_form,
        warmup_steps=0,
        curriculum_epochs=1,
    )
    body.counter.steps.assign(100)
    body(ROOT, training=True)
    logits = body.choices.logits
    expected = 0.3 * sparsity_penalty(logits, np.ones(3, "f"))
    expected += 0.2 * sharing_penalty(logits, sharing_form == "logits")
    assert_near(body.losses[0], expected)
    body(ROOT)
    assert not body.losses


@pytest.mark.parametrize(
    ("step", "expected"), [(0, 5.0), (40, 5 * 0.965**4), (10**9, 0.05)]
)
def test_the_temperature_decays_by_epoch(step, expected, monkeypatch):
    body = make(warmup_steps=0, annealing_steps=10)
    body.counter.steps.assign(step + 3)
    seen = []
    draw = body.choices.draw
    monkeypatch.setattr(
        body.choices, "draw", lambda t, **kw: seen.append(t) or draw(t, **kw)
    )
    outputs = body(ROOT, training=True)
    assert_near(seen[0], expected)
    assert all(np.isfinite(values).all() for values in outputs.values())


def test_the_policy_learns_which_task_needs_a_block():
    body = AdaShare(TASKS, (6,), warmup_steps=0, initial_temperature=1.0)
    body.build(ROOT.shape)
    checks.randomize(body)
    body.choices.kernel.assign([[[1.0, 0.0], [0.0, 1.0]]])
    wanted = checks.to_numpy(body(ROOT))
    body.choices.kernel.assign([[[0.0, 0.1], [0.1, 0.0]]])  # the other way
    optimizer = keras.optimizers.Adam(0.01)
    optimizer.build([body.choices.kernel])

    @tf.function
    def step():
        with tf.GradientTape() as tape:
            outputs = body(ROOT, training=True)
            loss = sum(
                tf.reduce_mean((outputs[t] - wanted[t]) ** 2) for t in TASKS
            )
        kernel = body.choices.kernel
        optimizer.apply([tape.gradient(loss, kernel.value)], [kernel])

    for _ in range(60):
        step()
    assert body.policy == {"click": (True,), "buy": (False,)}
