"""What `mtnas export` refuses; see also the tests of `derive`."""

import pytest

from mtnas_tf.experiment.verbs.export import export


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"license": "CC0"}, "`license` must be left out"),
        (
            {"formats": ["preset"], "precision": "int8"},
            "`precision` must be left out",
        ),
    ],
)
def test_options_that_no_format_reads(tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export(tmp_path, **options)
