import pytest
from hypothesis import given
from hypothesis import strategies as st
from mutations import FUZZ
from mutations import check_is_clear
from mutations import check_stops_at
from mutations import dummy_files
from mutations import encodings
from mutations import faulty_lines
from mutations import files
from mutations import lines_of
from mutations import odd_columns
from mutations import taken

from tfds_builders.ali_ccp import parsing

NAME = "sample_skeleton_test.csv"
COMMON_NAME = "common_features_test.csv"
COMMON_LINES = [
    b"a1,2,101\x027\x031.0\x01129\x028\x031.0",
    b"b2,0,",
    b"c3,3,101\x025\x031.0\x01109_14\x021\x030.5\x01109_14\x022\x030.75",
]
LINES = [
    b"1,0,0,a1,2,205\x029\x031.0\x01301\x0210\x031.0",
    b"2,1,1,c3,3,210\x023\x031.0\x01210\x024\x032.5\x01999\x021\x031.0",
    b"3,0,1,b2,1,205\x026\x031.0",
    b"4,1,0,b2,0,",
]
VALID = b"\n".join([*LINES, b""])
COMMON_VALID = b"\n".join([*COMMON_LINES, b""])
# Separators of columns, features and a feature's parts in one.
SEPARATORS = (b",", b"\x01", b"\x02", b"\x03")

IDS = st.integers(0, 10**9 - 1)
WEIGHTS = st.floats(-1e6, 1e6)
INDICES = st.text(
    st.characters(max_codepoint=127, exclude_characters=",\r\n"), max_size=5
)


def reference_ids(fields, features):
    ids = dict.fromkeys(fields, -1)
    parts = [part for part in features.split("\x01") if part]
    parsed = []
    for part in parts:
        field, rest = part.split("\x02")
        identity, weight = rest.split("\x03")
        parsed.append((float(weight), field, int(identity)))
    # The first of the largest weight is set last.
    for _, field, identity in sorted(parsed[::-1], key=lambda p: p[0]):
        if field in ids:
            ids[field] = identity
    return ids


def reference_common(text):
    index, _, features = text.decode("ascii").rstrip("\r\n").split(",")
    return index, reference_ids(parsing.COMMON_FIELDS, features)


def reference(text):
    columns = text.decode("ascii").rstrip("\r\n").split(",")
    _, click, purchase, index, count, features = columns
    assert int(count) == len([f for f in features.split("\x01") if f])
    return {
        **dict(map(reference_common, COMMON_LINES))[index],
        **reference_ids(parsing.SAMPLE_FIELDS, features),
        "click": float(click),
        "purchase": float(purchase),
    }


def is_impossible(text):
    """Whether a line has a purchase without a click: it is left out."""
    return text.split(b",")[1:3] == [b"0", b"1"]


def parsed(lines, split="test"):
    common = parsing.parse_common(COMMON_NAME, COMMON_LINES)
    return parsing.parse_samples(NAME, lines, common, split)


def check(lines):
    rows, message = taken(parsed(lines))
    end = len(lines)
    if message is not None:
        end = int(message.split()[1]) - 1
        check_stops_at(message, NAME, end + 1, lines[end])
        assert lines[end].rstrip(b"\r\n") not in LINES
    kept = [n for n in range(end) if not is_impossible(lines[n])]
    assert rows == [(n, reference(lines[n])) for n in kept]


def check_common(lines):
    try:
        common = parsing.parse_common(COMMON_NAME, lines)
    except ValueError as error:
        wrong = int(str(error).split()[1]) - 1
        check_stops_at(str(error), COMMON_NAME, wrong + 1, lines[wrong])
        if "must be new" not in str(error):
            assert lines[wrong].rstrip(b"\r\n") not in COMMON_LINES
        parsing.parse_common(COMMON_NAME, lines[:wrong])
        return
    assert len(common) == len(lines)
    for text in lines:
        index, ids = reference_common(text)
        assert [*common[index]] == [*ids.values()]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_odd_value_is_refused_or_read_as_it_stands(separator):
    for text in LINES[:2]:
        for odd in odd_columns(text, separator):
            check([odd])
    for odd in odd_columns(COMMON_LINES[2], separator):
        check_common([odd])


@pytest.mark.slow
@FUZZ
@given(st.sampled_from(SEPARATORS).flatmap(lambda s: faulty_lines(LINES, s)))
def test_faulty_sample_is_refused_or_read_as_it_stands(lines):
    check(lines)


@FUZZ
@given(
    st.sampled_from(SEPARATORS).flatmap(lambda s: faulty_lines(COMMON_LINES, s))
)
def test_faulty_features_are_refused_or_read_as_they_stand(lines):
    check_common(lines)


@FUZZ
@given(files(VALID, COMMON_VALID))
def test_any_file_is_refused_or_read_as_it_stands(content):
    check(lines_of(content))
    check_common(lines_of(content))


@FUZZ
@given(files(VALID))
def test_splits_of_the_train_file_read_each_line_once(content):
    lines = lines_of(content)
    splits = [taken(parsed(lines, split)) for split in parsing.SPLITS]
    train, valid, test = (rows for rows, _ in splits)
    messages = [message for _, message in splits]
    assert (messages[2] is None) == (messages[0] is messages[1] is None)
    if messages[2] is None:
        assert sorted([*train, *valid], key=lambda row: row[0]) == test


@pytest.mark.parametrize(
    "content", [*encodings(VALID.decode()), *dummy_files("ali_ccp").values()]
)
def test_other_encoding_or_data_set_is_refused(content):
    rows, message = taken(parsed(lines_of(content)))
    assert not rows
    check_is_clear(message, NAME)
    with pytest.raises(ValueError) as caught:
        parsing.parse_common(COMMON_NAME, lines_of(content))
    check_is_clear(str(caught.value), COMMON_NAME)


def ids(fields):
    return st.dictionaries(st.sampled_from(fields), IDS, max_size=4)


@st.composite
def features(draw, kept):
    """Count and features of a line that keeps these ids of its fields."""
    parts = []
    for field, identity in kept.items():
        weight = draw(WEIGHTS)
        lesser = draw(st.lists(st.tuples(IDS, st.floats(0, 9)), max_size=2))
        parts += [(field, identity, weight)]
        parts += [(field, other, weight - less) for other, less in lesser]
    parts += [("999", draw(IDS), draw(WEIGHTS))] * draw(st.integers(0, 1))
    texts = [
        f"{f}\x02{identity}\x03{weight!r}" for f, identity, weight in parts
    ]
    return f"{len(texts)},{chr(1).join(texts)}"


@FUZZ
@given(st.data())
def test_records_survive_a_file(data):
    common = data.draw(
        st.dictionaries(
            INDICES, ids(parsing.COMMON_FIELDS), min_size=1, max_size=3
        )
    )
    common_lines = [
        f"{index},{data.draw(features(kept))}\n".encode()
        for index, kept in common.items()
    ]
    held = parsing.parse_common(COMMON_NAME, common_lines)
    rows, lines = [], []
    for number in range(data.draw(st.integers(0, 3))):
        index = data.draw(st.sampled_from(sorted(common)))
        kept = data.draw(ids(parsing.SAMPLE_FIELDS))
        click, purchase = data.draw(st.sampled_from(["00", "10", "11"]))
        text = data.draw(features(kept))
        lines.append(f"{number},{click},{purchase},{index},{text}\n".encode())
        missing = dict.fromkeys(parsing.FIELDS, -1)
        labels = {"click": float(click), "purchase": float(purchase)}
        rows.append((number, missing | common[index] | kept | labels))
    assert [*parsing.parse_samples(NAME, lines, held, "test")] == rows
