import numpy as np

from mtnas_tf.routes import AllocationPlan


def test_tasks_that_agree_so_far_share_a_state():
    plan = AllocationPlan.of(
        [
            [[1, 0, 1], [0, 1, 0]],
            [[1, 0, 1], [1, 1, 0]],
            [[0, 1, 0], [1, 1, 0]],
        ]
    )
    assert plan.layers == (
        ((0, (0, 2)), (0, (1,))),
        ((0, (1,)), (0, (0, 1)), (1, (0, 1))),
    )
    assert plan.leaves == (0, 1, 2)
    assert plan.active == [[0, 1, 2], [0, 1]]
    # Component 1 of layer 2 reads the same for the first two tasks.
    assert plan.evaluations == [
        *[(0, 0, 0), (0, 0, 1), (0, 0, 2)],
        *[(1, 0, 0), (1, 0, 1), (1, 1, 0), (1, 1, 1)],
    ]


def test_nothing_is_computed_before_a_layer_without_components():
    plan = AllocationPlan.of(
        [[[1, 1], [0, 0], [0, 1]], [[1, 0], [1, 0], [1, 0]]]
    )
    assert plan.layers == (
        ((0, (0,)),),
        ((None, ()), (0, (0,))),
        ((0, (1,)), (1, (0,))),
    )
    assert plan.active == [[0], [0], [0, 1]]
    assert plan.evaluations == [(0, 0, 0), (1, 0, 0), (2, 0, 1), (2, 1, 0)]


def test_each_task_reads_what_it_was_given():
    rng = np.random.default_rng(0)
    for _ in range(100):
        bits = rng.integers(2, size=(4, 3, 3))
        plan = AllocationPlan.of(bits)
        for task, leaf in enumerate(plan.leaves):
            state = leaf
            for layer in reversed(range(3)):
                parent, parts = plan.layers[layer][state]
                np.testing.assert_array_equal(
                    parts, np.flatnonzero(bits[task, layer])
                )
                if parent is None:
                    assert not parts
                    break
                state = parent
