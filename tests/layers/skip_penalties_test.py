"""AdaShare's losses, term by term as its docstring has them."""

import numpy as np
import pytest
from checks import softmax
from tolerances import assert_near

from mtnas_tf.layers.skip_penalties import sharing_penalty
from mtnas_tf.layers.skip_penalties import sparsity_penalty

BLOCKS, TASKS = 4, 3
LOGITS = np.random.default_rng(0).normal(size=(BLOCKS, TASKS, 2)).astype("f")


@pytest.mark.parametrize("num_drawn", [0, 1, 4])
def test_sparsity_is_a_mean_over_the_drawn_blocks(num_drawn):
    is_drawn = (np.arange(BLOCKS) >= BLOCKS - num_drawn).astype("f")
    expected = 0.0
    for task in range(TASKS):
        for block in range(BLOCKS - num_drawn, BLOCKS):
            skipped = softmax(LOGITS[block, task])[1]
            expected += -np.log(skipped) / num_drawn
    assert_near(sparsity_penalty(LOGITS, is_drawn), expected)


def test_sharing_weighs_lower_blocks_more():
    expected = 0.0
    for one in range(TASKS):
        for other in range(one):
            for block in range(BLOCKS):
                weight = (BLOCKS - block) / BLOCKS
                alphas = [softmax(LOGITS[block, t])[0] for t in (one, other)]
                expected += weight * abs(alphas[0] - alphas[1])
    assert_near(sharing_penalty(LOGITS), expected)


def test_sharing_of_the_code_takes_logits_and_higher_blocks_more():
    expected = 0.0
    for one in range(TASKS):
        for other in range(one):
            for block in range(BLOCKS):
                gap = abs(LOGITS[block, one, 0] - LOGITS[block, other, 0])
                expected += (block + 1) / BLOCKS * gap
    assert_near(sharing_penalty(LOGITS, is_of_logits=True), expected)


def test_tasks_that_agree_cost_nothing():
    logits = np.repeat(LOGITS[:, :1], TASKS, axis=1)
    assert abs(float(sharing_penalty(logits))) < 1e-6  # rounding
    assert float(sharing_penalty(logits, is_of_logits=True)) == 0
