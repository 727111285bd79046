from mtnas_tf.layer_name import layer_name
from mtnas_tf.layer_name import safe_name


def test_what_is_taken_is_kept():
    assert layer_name("tower", "click") == "tower_click"
    assert safe_name("Click-rate_2.0") == "Click-rate_2.0"


def test_no_two_names_become_the_same():
    names = ["a b", "a_b", "a/b", "a:b", "a\\b", "点击", "点赞", "", " ", "_"]
    safe = [safe_name(name) for name in names]
    assert len(set(safe)) == len(names)
    assert all(name.isascii() for name in safe)
    assert [safe_name(name) for name in safe] == safe
