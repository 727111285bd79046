from mtnas_tf.plots import palette


def test_colors_are_distinct():
    assert len(set(palette.COLORS)) == len(palette.COLORS) == 6


def test_ink_is_far_from_what_it_is_written_on():
    assert palette.ink_on("#000000") == "white"
    assert palette.ink_on("#FFFFFF") == palette.INK
    assert palette.ink_on(palette.BLUE) == "white"
    assert palette.ink_on(palette.PALE_GREY) == palette.INK
