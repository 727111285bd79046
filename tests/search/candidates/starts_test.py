from mtnas_tf.search.candidates.starts import fresh_starts
from mtnas_tf.search.candidates.starts import searched_start


def test_no_start_is_used_twice():
    searched = {
        searched_start(seed, number)
        for seed in range(9)
        for number in range(64)
    }
    fresh = [start for seed in range(9) for start in fresh_starts(seed, 64)]
    assert len(searched) == 9 * 64
    assert len(set(fresh)) == len(fresh)
    assert not searched & set(fresh)


def test_the_first_is_the_seed():
    assert fresh_starts(3, 1) == [3]
    assert fresh_starts(3, 4)[:1] == [3]
