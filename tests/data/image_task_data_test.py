import numpy as np
import pytest
import toy_images
from toy_images import keys_of
from toy_images import make_data

NUM_CLASSES = list(toy_images.NUM_CLASSES.values())


def batches_of(dataset):
    return list(dataset.as_numpy_iterator())


def assert_equal(first, second):
    assert len(first) == len(second)
    for (inputs, labels), (others, other_labels) in zip(
        first, second, strict=True
    ):
        assert inputs["task"] == others["task"]
        np.testing.assert_array_equal(inputs["images"], others["images"])
        np.testing.assert_array_equal(labels, other_labels)


def test_a_batch_is_of_one_task():
    for inputs, labels in batches_of(make_data().rounds(0, 3)):
        assert inputs["images"].shape == (3, 6, 5, 1)
        assert inputs["images"].dtype == np.float32
        assert inputs["task"].dtype == labels.dtype == np.int32
        keys = keys_of(inputs["images"])
        assert set(keys[:, 0]) == {inputs["task"]}
        np.testing.assert_array_equal(keys[:, 1], labels)
        # Ink is 1: of the class's row, where paper is 0.
        rows = inputs["images"][:, 1:, :, 0]
        np.testing.assert_array_equal(rows.mean(2).argmax(1), labels)
        assert set(rows.ravel()) == {0, 1}


def test_a_round_has_every_task_in_an_order_of_its_own():
    tasks = [b[0]["task"] for b in batches_of(make_data().rounds(0, 30))]
    rounds = [tuple(tasks[i : i + 3]) for i in range(0, 90, 3)]
    assert {tuple(sorted(each)) for each in rounds} == {(0, 1, 2)}
    assert len(set(rounds)) == 6  # all orders of three


@pytest.mark.parametrize("batch_size", [3, 5, 8])
def test_a_task_has_each_image_once_a_pass(batch_size):
    data = make_data(batch_size)
    drawn = {0: [], 1: [], 2: []}
    for inputs, _ in batches_of(data.rounds(0, 24)):
        keys = keys_of(inputs["images"])
        drawn[int(inputs["task"])] += [tuple(key) for key in keys]
    for task, keys in drawn.items():
        size = NUM_CLASSES[task] * toy_images.NUM_TRAIN
        passes = [
            keys[i : i + size] for i in range(0, len(keys) - size + 1, size)
        ]
        assert len(passes) > 1
        for each in passes:
            assert len(set(each)) == size
        assert passes[0] != passes[1]


def test_rounds_go_on_where_they_were_stopped():
    data = make_data(5)
    straight = batches_of(data.rounds(0, 9))
    assert_equal(straight[12:], batches_of(data.rounds(4, 5)))
    assert_equal(straight, batches_of(data.rounds(0, 9)))
    assert_equal(straight, batches_of(make_data(5).train.take(27)))
    other = batches_of(make_data(5, seed=1).rounds(0, 9))
    assert any(
        (a[0]["task"], a[1].tolist()) != (b[0]["task"], b[1].tolist())
        for a, b in zip(straight, other, strict=True)
    )


@pytest.mark.parametrize("split", ["train", "valid", "test"])
def test_evaluation_has_each_image_once(split, monkeypatch):
    data = make_data()
    module = "mtnas_tf.data.image_task_data.EVALUATION_BATCH_SIZE"
    monkeypatch.setattr(module, 5)
    keys, sizes = [], []
    for inputs, labels in batches_of(data.in_order(split)):
        found = keys_of(inputs["images"])
        assert set(found[:, 0]) == {inputs["task"]}
        np.testing.assert_array_equal(found[:, 1], labels)
        keys += [tuple(key) for key in found]
        sizes.append(len(labels))
    expected = [tuple(k) for k in keys_of(1 - data.splits[split].images / 255)]
    assert keys == expected
    assert len(set(keys)) == len(expected)
    if split == "test":  # of 6, 12 and 9 images
        assert sizes == [5, 1, 5, 5, 2, 5, 4]


def test_validation_and_test_are_their_splits():
    data = make_data()
    for split in ("valid", "test"):
        batches = batches_of(getattr(data, split))
        labels = np.concatenate([labels for _, labels in batches])
        np.testing.assert_array_equal(labels, data.splits[split].labels)


def test_batches_by_task_name():
    data = make_data()
    plain = batches_of(data.rounds(0, 2))
    named = batches_of(data.by_task_name(data.rounds(0, 2)))
    for (inputs, labels), (images, by_name) in zip(plain, named, strict=True):
        assert list(images) == ["images"]
        np.testing.assert_array_equal(images["images"], inputs["images"])
        for index, name in enumerate(data.schema.task_names):
            if index != inputs["task"]:
                labels_of_task = np.full((3, 1), np.nan)
            else:
                labels_of_task = labels[:, None]
            np.testing.assert_array_equal(by_name[name], labels_of_task)
    (_, first), *_ = batches_of(data.by_task_name(data.valid))
    assert np.isfinite(first["greek"]).sum() == 2 * toy_images.NUM_VALID


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: make_data(9), "`batch_size` must be at most 8.*=9"),
        (lambda: make_data(0), "`batch_size` must be an int of at least 1"),
        (lambda: make_data(seed=-1), "`seed` must be an int of at least 0"),
        (lambda: make_data().in_order("all"), "`split` must be one of.*'all'"),
        (lambda: make_data().rounds(-1), "`start` must be an int of at"),
        (lambda: make_data().rounds(0, 0), "`num_rounds` must be an int of"),
    ],
)
def test_wrong_arguments_are_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
