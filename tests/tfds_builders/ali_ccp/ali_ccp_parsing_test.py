import logging
import pathlib
import re

import numpy as np
import pytest

from tfds_builders.ali_ccp import parsing
from tfds_builders.ali_ccp.common_features import CommonFeatures

DUMMY_DATA = pathlib.Path(parsing.__file__).parent / "dummy_data"
NOTHING = dict.fromkeys(parsing.FIELDS, -1)


def features(*parts):
    """The count and the features of a line."""
    texts = [f"{field}\x02{key}\x03{weight}" for field, key, weight in parts]
    return f"{len(parts)},{chr(1).join(texts)}"


def common(*parts, index="a"):
    line = f"{index},{features(*parts)}".encode()
    return parsing.parse_common("common", [line])


def samples(*lines, of=None, split="test"):
    encoded = [line.encode() for line in lines]
    of = of if of is not None else common()
    return list(parsing.parse_samples("samples", encoded, of, split))


def sample(*parts, number="1", click="0", purchase="0", index="a"):
    return f"{number},{click},{purchase},{index},{features(*parts)}"


def test_fields_of_the_documentation():
    assert len(parsing.COMMON_FIELDS) == 13
    assert len(parsing.SAMPLE_FIELDS) == 10
    assert len(set(parsing.FIELDS)) == 23


def test_sample_is_joined_with_its_common_features():
    of = common(("101", 7, 1.0), ("129", 8, 1.0))
    line = sample(("205", 9, 1.0), ("301", 10, 1.0), click="1")
    expected = {"101": 7, "129": 8, "205": 9, "301": 10}
    assert samples(line, of=of) == [
        (0, NOTHING | expected | {"click": 1.0, "purchase": 0.0})
    ]


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_line_ends(end):
    line = sample(("205", 9, 1.0)) + end
    of = parsing.parse_common("x", [f"a,1,101\x027\x031.0{end}".encode()])
    ((_, record),) = samples(line, of=of)
    assert (record["101"], record["205"]) == (7, 9)


@pytest.mark.parametrize(
    ("parts", "kept"),
    [
        ([], -1),
        ([("210", 1, 1.0)], 1),
        ([("210", 1, 0.5), ("210", 2, 2.0), ("210", 3, 1.0)], 2),
        ([("210", 3, 1.0), ("210", 1, 1.0), ("210", 2, 1.0)], 3),
        ([("210", 1, -2.0), ("210", 2, "-1E0")], 2),
        ([("999", 1, 5.0)], -1),
        ([("109_14", 1, 5.0)], -1),  # a field of common features alone
    ],
)
def test_of_many_ids_the_one_of_largest_weight_is_kept(parts, kept):
    ((_, record),) = samples(sample(*parts))
    assert record == NOTHING | {"210": kept, "click": 0, "purchase": 0}


@pytest.mark.parametrize("labels", ["00", "10", "11"])
def test_labels(labels):
    ((_, record),) = samples(sample(click=labels[0], purchase=labels[1]))
    assert (record["click"], record["purchase"]) == tuple(map(float, labels))


def test_purchase_without_click_is_left_out_and_counted(caplog):
    lines = [
        sample(number=str(number), click=click, purchase="1")
        for number, click in enumerate("01001")
    ]
    with caplog.at_level(logging.WARNING):
        rows = samples(*lines)
    assert [row for row, _ in rows] == [1, 4]
    assert caplog.messages[0] == (
        "samples: 3 samples with a purchase but no click left out of test."
    )


def test_unpublished_number_of_lines_is_reported(caplog):
    with caplog.at_level(logging.WARNING):
        samples(sample(), split="train")
        samples(sample(), split="test")
    assert caplog.messages == [
        "samples holds 1 lines; the published file holds 42300135.",
        "samples holds 1 lines; the published file holds 43016840.",
    ]


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("", "it has 1 columns, not 6"),
        ("1,0,0,a", "it has 4 columns, not 6"),
        ("1,0,0,a,0,,", "it has 7 columns, not 6"),
        (sample(click="2"), "click and purchase are not 0 or 1"),
        (sample(purchase=""), "click and purchase are not 0 or 1"),
        (sample(index="b"), "its common features 'b' are not there"),
        ("1,0,0,a,2,205\x029\x031.0", "it has 1 features, not 2"),
        ("1,0,0,a,1,205\x029\x031.0\x01", "it has 2 features, not 1"),
        (sample(("205", "", 1.0)), "a feature is not field, id and weight"),
        (sample(("205", "x", 1.0)), "a feature is not field, id and weight"),
        (sample(("205", 10**9, 1.0)), "a feature is not field, id and"),
        (sample(("205", 1, "1_0")), "a weight is no finite decimal but '1_0'"),
        (sample(("205", 1, "1e999")), "a weight is no finite decimal but"),
        (sample(("205", 1, "nan")), "a weight is no finite decimal but 'nan'"),
        (sample(("205", 1, "\xb2")), "'ascii' codec can't decode"),
    ],
)
def test_wrong_sample_is_an_error_that_names_the_line(line, rule):
    shown = re.escape(f"Received: line={line.encode()[:200]!r}")
    message = f"Line 2 of samples must be one of Ali-CCP: .*{rule}.*{shown}"
    with pytest.raises(ValueError, match=message):
        samples(sample(), line)


@pytest.mark.parametrize(
    ("line", "rule"),
    [
        ("b", "it has 1 columns, not 3"),
        ("b,1,", "it has 0 features, not 1"),
        ("b,1,101\x021", "a weight is no finite decimal but ''"),
        ("a,0,", "`key` must be new. Received: key='a'"),
    ],
)
def test_wrong_common_features_are_an_error_that_names_the_line(line, rule):
    message = f"Line 2 of common must be one of Ali-CCP: {re.escape(rule)}"
    with pytest.raises(ValueError, match=message):
        parsing.parse_common("common", [b"a,0,", line.encode()])


@pytest.mark.parametrize(
    "name",
    [
        f"{kind}_{part}"
        for kind in ("sample_skeleton", "common_features")
        for part in parsing.PARTS
    ],
)
def test_missing_file_is_named(tmp_path, name):
    for path in DUMMY_DATA.glob("*.csv"):
        if path.stem != name:
            (tmp_path / path.name).touch()
    message = rf"Missing: \['{name}.csv'\].*{re.escape(str(tmp_path))}"
    with pytest.raises(FileNotFoundError, match=message) as caught:
        parsing.find_files(tmp_path)
    assert parsing.HOW_TO_GET in str(caught.value)


def test_train_and_valid_partition_the_train_file():
    lines = [sample(number=str(number)) for number in range(2000)]
    rows = {s: dict(samples(*lines, split=s)) for s in ("train", "valid")}
    assert sorted(rows["train"] | rows["valid"]) == list(range(2000))
    assert not set(rows["train"]) & set(rows["valid"])
    assert len(rows["valid"]) == pytest.approx(200, abs=40)
    for split, members in rows.items():
        assert {parsing.split_of(str(row)) for row in members} == {split}


def test_common_features_keep_their_rows_apart():
    rng = np.random.default_rng(0)
    rows = rng.integers(-1, 2**31, (50, 4)).tolist()
    held = CommonFeatures(width=4)
    for key, row in enumerate(rows):
        assert str(key) not in held
        held.add(str(key), row)
    assert len(held) == 50
    for key, row in enumerate(rows):
        assert list(held[str(key)]) == row
