from mtnas_tf.experiment.comparison.claim_lines import claim_lines

METHODS_ONLY = {"config": {"search": {"compared": []}}, "num_splits": 1}


def row(model, dense):
    sizes = dense and {"dense": dense, "embedding": 9}
    pair = {"seed": 0, "split_seed": 0, "route": None}
    return {"model": model, "variant": None, "num_parameters": sizes, **pair}


def lines(*rows, protocol=METHODS_ONLY):
    result = {"rows": list(rows), "claims": [], "protocol": protocol}
    return [line for line in claim_lines(result) if "dense" in line]


def test_a_method_of_another_size_is_told():
    found = lines(row("mmoe", 100), row("star", 104), row("pepnet", 142))
    assert found == [
        "pepnet has 1.42 of mmoe's dense parameters, at the width that comes "
        "closest: they are not compared at equal size."
    ]
    assert "star has 0.94" in lines(row("mmoe", 100), row("star", 94))[0]


def test_sizes_are_compared_where_there_is_something_to_compare():
    other = row("star", 142)
    assert not lines(other)
    assert not lines(row("mmoe", None), other)
    config = {"search": {"compared": ["candidates"]}}
    searched = {**METHODS_ONLY, "config": config}
    assert not lines(row("mmoe", 100), other, protocol=searched)
