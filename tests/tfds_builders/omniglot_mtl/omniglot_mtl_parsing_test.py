import collections
import io
import logging
import os
import pathlib
import re
import zipfile

import numpy as np
import pytest
from etils import epath
from hypothesis import given
from made_up_drawings import DUMMY_CHARACTERS
from made_up_drawings import files_of
from made_up_drawings import image_of
from made_up_drawings import png_of
from made_up_drawings import write_dummy_data
from made_up_drawings import write_zip
from mutations import FUZZ
from mutations import check_is_clear
from mutations import faulty_bytes

from tfds_builders.omniglot_mtl import parsing

FOLDER = pathlib.Path(parsing.__file__).parent
DUMMY_DATA = epath.Path(FOLDER / "dummy_data")
BACKGROUND, EVALUATION = parsing.ARCHIVES
PNG = png_of(image_of(1, 1))


def drawing(alphabet="Greek", character=0, drawer=1, png=PNG):
    return parsing.Drawing(
        alphabet=alphabet, character=character, drawer=drawer, png=png
    )


def drawings_of(alphabet, num_characters):
    return [
        drawing(alphabet, character, drawer)
        for character in range(num_characters)
        for drawer in range(1, 21)
    ]


def read(directory, files, name=BACKGROUND):
    path = epath.Path(directory) / name
    write_zip(path, files)
    return parsing.read_drawings(path)


def test_alphabets_of_the_publication():
    assert len(parsing.NUM_CHARACTERS) == 50
    assert sum(parsing.NUM_CHARACTERS.values()) == 1_623
    counts = list(parsing.NUM_CHARACTERS.values())
    assert (min(counts), max(counts)) == (14, 55)
    assert (min(counts[:20]), max(counts[:20]), sum(counts[:20])) == (
        *(20, 48),
        668,
    )
    assert parsing.ALPHABETS[0] == "Gujarati"
    assert parsing.ALPHABETS[19] == "Atemayar_Qelisayer"


def test_page_lists_the_alphabets():
    page = (FOLDER / "README.md").read_text()
    for number, (name, count) in enumerate(parsing.NUM_CHARACTERS.items()):
        assert f"| {number} | {name} | {count} |" in page


def test_drawings_of_an_archive(tmp_path):
    files = files_of("images_background", {"Greek": 2, "Latin": 1}, 9)
    drawings = read(tmp_path, files)
    assert [drawing.png for drawing in drawings] == list(files.values())
    keys = [(d.alphabet, d.character, d.drawer) for d in drawings]
    assert keys == [
        (alphabet, character, drawer)
        for alphabet, character in [("Greek", 0), ("Greek", 1), ("Latin", 0)]
        for drawer in range(1, 21)
    ]


def test_dummy_data_are_what_they_are_made_of(tmp_path):
    write_dummy_data(tmp_path)
    for name in parsing.ARCHIVES:
        made = parsing.read_drawings(epath.Path(tmp_path) / name)
        assert parsing.read_drawings(DUMMY_DATA / name) == made
        folder = name.removesuffix(".zip")
        characters = DUMMY_CHARACTERS[folder]
        assert len(made) == 20 * sum(characters.values())


@pytest.mark.parametrize(
    "path",
    [
        "images_evaluation/Greek/character01/0001_01.png",
        "images_background_small1/Greek/character01/0001_01.png",
        "images_background/Klingon/character01/0001_01.png",
        "images_background/Greek/character1/0001_01.png",
        "images_background/Greek/character01/0001_01.jpg",
        "images_background/Greek/character01/0001.png",
        "images_background/Greek/0001_01.png",
        "Greek/character01/0001_01.png",
        "images_background/.DS_Store",
        "BX-Users.csv",
    ],
)
def test_other_path_is_refused(tmp_path, path):
    message = rf"{BACKGROUND} must hold.*Received: path='{re.escape(path)}'"
    with pytest.raises(ValueError, match=message):
        read(tmp_path, {path: PNG})


def test_damaged_archive_is_refused(tmp_path):
    whole = (DUMMY_DATA / BACKGROUND).read_bytes()
    path = epath.Path(tmp_path) / BACKGROUND
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=f"{BACKGROUND}` must be a complete"):
        parsing.read_drawings(path)


def zipped():
    file = io.BytesIO()
    name = "images_background/Greek/character01/0001_01.png"
    with zipfile.ZipFile(file, "w") as opened:
        opened.writestr(zipfile.ZipInfo(name), PNG)
    return file.getvalue()


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    return epath.Path(tmp_path_factory.mktemp("omniglot")) / BACKGROUND


@FUZZ
@given(content=faulty_bytes(zipped()))
def test_faulty_archive_is_refused_or_read_as_it_was(archive, content):
    archive.write_bytes(content)
    try:
        drawings = parsing.read_drawings(archive)
    except ValueError as error:
        check_is_clear(str(error), BACKGROUND)
    else:
        # Without its entry, a zip file is an empty one.
        assert drawings in ([drawing()], [])


def test_splits_of_every_character():
    drawings = [*drawings_of("Greek", 3), *drawings_of("Keble", 2)]
    splits = parsing.split_drawings(drawings)
    assert list(splits) == ["train", "valid", "test"]
    for name, size in zip(splits, (10, 4, 6), strict=True):
        counts = collections.Counter(
            (member.alphabet, member.character) for member in splits[name]
        )
        assert set(counts.values()) == {size}
        assert len(counts) == 5
    members = [member for split in splits.values() for member in split]
    assert len(members) == 100
    assert {(m.alphabet, m.character, m.drawer) for m in members} == {
        (d.alphabet, d.character, d.drawer) for d in drawings
    }


def test_splits_are_the_documented_shuffle():
    drawings = drawings_of("Greek", 2)
    splits = parsing.split_drawings(drawings[::-1])
    number = sorted(parsing.NUM_CHARACTERS).index("Greek")
    np.random.seed(number)
    for character in range(2):
        drawers = list(range(1, 21))
        np.random.shuffle(drawers)
        for name, part in zip(splits, np.split(drawers, [10, 14]), strict=True):
            found = [
                member.drawer
                for member in splits[name]
                if member.character == character
            ]
            assert found == part.tolist()


def test_splits_of_an_alphabet_do_not_depend_on_the_others():
    alone = parsing.split_drawings(drawings_of("Latin", 2))
    both = parsing.split_drawings(
        [*drawings_of("Latin", 2), *drawings_of("Greek", 3)]
    )
    for name, members in alone.items():
        assert members == [m for m in both[name] if m.alphabet == "Latin"]


@pytest.mark.parametrize(
    "drawings",
    [
        drawings_of("Greek", 1)[:-1],
        [*drawings_of("Greek", 1), drawing(drawer=20)],
        [*drawings_of("Greek", 1)[:-1], drawing(drawer=21)],
    ],
)
def test_character_without_a_drawing_by_each_is_refused(drawings):
    message = "`character01` of Greek must have one drawing by each of 20"
    with pytest.raises(ValueError, match=message):
        parsing.split_drawings(drawings)


def test_drawings_of_alphabets(caplog):
    drawings = [*drawings_of("Greek", 1), *drawings_of("Latin", 26)]
    with caplog.at_level(logging.WARNING):
        found = parsing.of_alphabets(drawings, ("Latin",))
    assert found == drawings[20:]
    assert not caplog.messages
    with caplog.at_level(logging.WARNING):
        found = parsing.of_alphabets(drawings, ("Latin", "Greek"))
    assert found == drawings
    assert caplog.messages == [
        "There are 540 drawings of 2 alphabets; 1000 are published."
    ]


def test_no_drawing_of_the_alphabets_is_an_error():
    with pytest.raises(ValueError, match=r"\('Latin',\). Received: none"):
        parsing.of_alphabets(drawings_of("Greek", 1), ("Latin",))


def test_record_of_a_drawing():
    record = parsing.record(drawing("Keble", 3, 7, png_of(image_of(8, 9))))
    np.testing.assert_array_equal(record.pop("image"), image_of(8, 9))
    assert record == {"alphabet": "Keble", "character": 3, "drawer": 7}


def test_record_of_a_small_image():
    # 63 columns of ink in the ninth row: each of 28 rows is 3.75 high.
    record = parsing.record(drawing(png=png_of(image_of(8, 12))), 28)
    ink = 255 - record["image"][:, :, 0].astype(int)
    assert ink[2].tolist() == [68] * 16 + [0] * 12
    assert ink.sum() == ink[2].sum()


def test_wrong_image_is_an_error_that_names_the_drawing():
    message = "an image of Omniglot's kind: it is no PNG.*'drawer': 7"
    with pytest.raises(ValueError, match=message):
        parsing.record(drawing(drawer=7, png=b"GIF89a"))


@pytest.mark.real_data
def test_published_files():
    raw_dir = os.environ.get("MTNAS_RAW_DIR")
    if not raw_dir:
        pytest.skip("MTNAS_RAW_DIR is not set")
    directory = epath.Path(raw_dir) / "omniglot"
    drawings = [
        drawing
        for name in parsing.ARCHIVES
        for drawing in parsing.read_drawings(directory / name)
    ]
    assert len(drawings) == 32_460
    characters = {(drawing.alphabet, drawing.character) for drawing in drawings}
    assert {
        alphabet: sum(name == alphabet for name, _ in characters)
        for alphabet in parsing.ALPHABETS
    } == parsing.NUM_CHARACTERS
    for alphabets, sizes in [
        (parsing.ALPHABETS[:20], (6_680, 2_672, 4_008)),
        (parsing.ALPHABETS, (16_230, 6_492, 9_738)),
    ]:
        found = parsing.of_alphabets(drawings, alphabets)
        splits = parsing.split_drawings(found)
        assert tuple(map(len, splits.values())) == sizes
    ink = [
        (parsing.record(drawing)["image"] == 0).mean()
        for drawing in drawings[::100]
    ]
    assert 0 < min(ink) < np.mean(ink) < max(ink) < 0.25
