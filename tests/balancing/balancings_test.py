"""Balancings by name."""

import pytest

from mtnas_tf import balancing as balancings
from mtnas_tf.balancing import BALANCINGS
from mtnas_tf.balancing import DWA
from mtnas_tf.balancing import Balancing


@pytest.mark.parametrize("name", BALANCINGS)
def test_a_name_makes_a_new_one(name):
    first, second = balancings.get(name), balancings.get(name)
    assert type(first) is BALANCINGS[name]
    assert isinstance(first, Balancing)
    assert first is not second


def test_others_stay():
    balancing = DWA()
    assert balancings.get(balancing) is balancing
    assert balancings.get(None) is None


@pytest.mark.parametrize("wrong", ["pcgrab", 2, DWA])
def test_what_is_none_is_refused(wrong):
    with pytest.raises(ValueError, match=r"`balancing` must be one of \['"):
        balancings.get(wrong)
