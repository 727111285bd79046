import numpy as np

from mtnas_tf.experiment.allocation.summary import summarize

ERRORS = {
    ("learned", None): [0.1, 0.3, 0.2],
    ("learned", "retrained"): [0.2, 0.2, 0.5],
    ("shared_bottom", None): [0.4, 0.5, 0.3],
}


def rows(errors, num_seeds=3):
    return [
        {
            "model": model,
            "variant": variant,
            "seed": seed,
            "error": error,
            "valid_error": error / 2,
            "share": 0.5,
            "train_seconds": 10.0 * seed,
            "num_parameters": 7,
        }
        for (model, variant), values in errors.items()
        for seed, error in enumerate(values[:num_seeds])
    ]


def test_means_over_seeds():
    learned, retrained, shared = summarize(rows(ERRORS))
    assert [learned["method"], retrained["method"]] == ["learned", "retrained"]
    np.testing.assert_allclose(learned["error"], 0.2)
    np.testing.assert_allclose(learned["error_std"], 0.1)
    np.testing.assert_allclose(learned["valid_error"], 0.1)
    assert (learned["seeds"], learned["train_seconds"]) == (3, 10.0)
    # -0.2, -0.3, 0.2 of the same seeds.
    np.testing.assert_allclose(retrained["difference"], -0.1)
    spread = np.std([-0.2, -0.3, 0.2], ddof=1) / np.sqrt(3)
    np.testing.assert_allclose(retrained["difference_error"], spread)
    assert shared["difference"] is shared["difference_error"] is None


def test_one_seed_has_no_spread():
    learned, *_ = summarize(rows(ERRORS, 1))
    np.testing.assert_allclose(learned["difference"], -0.3)
    assert learned["error_std"] is learned["difference_error"] is None


def test_without_a_shared_bottom_there_is_no_difference():
    (learned,) = summarize(rows({("learned", None): [0.1, 0.3, 0.2]}))
    assert learned["difference"] is learned["difference_error"] is None
