"""What a user finds by `dir`, and what a mistake is answered with."""

import subprocess
import sys

import pytest

import export
import mtnas_tf as mt


def test_dir_lists_the_sub_packages_and_nothing_else():
    names = {name for name in dir(mt) if not name.startswith("_")}
    assert names == set(mt.__all__)
    for name in names:
        assert getattr(mt, name).__name__ == f"mtnas_tf.{name}"
    assert mt.__version__


def test_dir_of_the_exports():
    names = ["ExportMismatchError", "export_model", "export_version", "serving"]
    assert dir(export) == names


def test_listing_names_loads_nothing():
    code = (
        "import sys, mtnas_tf; dir(mtnas_tf); "
        "assert not {'keras', 'tensorflow', 'pandas'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_error():
    with pytest.raises(AttributeError, match="no attribute 'modles'"):
        _ = mt.modles


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"name": 3}, "`name` must be a `str`.*name=3"),
        ({"batch_size": 0}, "`batch_size` must be an int of at least 1.*=0"),
        ({"reward_batch_size": 1}, "`reward_batch_size` must be .* at least 2"),
        ({"num_buckets": 0}, "`num_buckets` must be.*=0"),
        ({"min_count": 0}, "`min_count` must be.*=0"),
        ({"shuffle_window": 0}, "`shuffle_window` must be.*=0"),
        ({"storage": "disc"}, "`storage` must be one of.*'disc'"),
    ],
)
def test_a_wrong_argument_of_load_is_named_before_it_prepares(kwargs, message):
    with pytest.raises(ValueError, match=message):
        mt.data.load(**{"name": "book_crossing", **kwargs})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: mt.models.MMoE("log"), "`schema` must be a `Data.*='log'"),
        (
            lambda: mt.plots.draw_route("r", "r.svg"),
            "`route` must be a `Route`",
        ),
        (lambda: export.export_model("m", "out"), "`model` must be a `Model`"),
    ],
)
def test_a_text_in_place_of_an_object_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()
