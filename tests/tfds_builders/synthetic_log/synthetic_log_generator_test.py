import math

import numpy as np
import pytest

from mtnas_tf.metrics import ExactAUC
from tfds_builders.synthetic_log import generator

NUM_ROWS = 20_000


@pytest.fixture(scope="module")
def log():
    return generator.draw_log(0, NUM_ROWS)


def logit(probabilities):
    return np.log(probabilities / (1 - probabilities))


def test_fields_take_all_of_their_values(log):
    assert {name: set(values) for name, values in log.fields.items()} == {
        name: set(range(size)) for name, (size, _) in generator.FIELDS.items()
    }


def test_tasks_have_their_rates(log):
    for task, rate in generator.RATES.items():
        assert log.probabilities[task].mean() == pytest.approx(rate)
        error = math.sqrt(rate * (1 - rate) / NUM_ROWS)
        assert abs(log.labels[task].mean() - rate) < 4 * error


def test_labels_are_drawn_by_the_probabilities(log):
    for task, probabilities in log.probabilities.items():
        residuals = log.labels[task] - probabilities
        variances = probabilities * (1 - probabilities)
        for part in np.array_split(np.argsort(probabilities), 10):
            error = math.sqrt(variances[part].sum())
            assert abs(residuals[part].sum()) < 4 * error


@pytest.mark.parametrize("group", generator.GROUPS)
def test_tasks_of_a_group_differ_by_an_offset(log, group):
    frequent, rare = (logit(log.probabilities[task]) for task in group)
    difference = frequent - rare
    np.testing.assert_allclose(difference, difference[0])
    assert difference[0] > 1


def test_groups_have_nothing_in_common():
    correlations = []
    for seed in range(20):
        log = generator.draw_log(seed, 5000)
        click, like = (logit(log.probabilities[k]) for k in ("click", "like"))
        correlations.append(np.corrcoef(click, like)[0, 1])
    error = np.std(correlations) / math.sqrt(len(correlations))
    assert abs(np.mean(correlations)) < 3 * error


def test_appeal_is_a_wave_over_a_sum_of_effects(log):
    # Rows that agree on all fields with an effect agree in the probability.
    keys = [name for name, (_, weight) in generator.FIELDS.items() if weight]
    rows = np.stack([log.fields[name] for name in keys], axis=1)
    _, first, place = np.unique(
        rows, axis=0, return_index=True, return_inverse=True
    )
    for values in log.probabilities.values():
        np.testing.assert_array_equal(values, values[first][place.ravel()])


@pytest.mark.parametrize(("frequency", "most"), [(1e-3, 1e-3), (2.5, None)])
def test_a_slow_wave_is_a_sum_of_effects(frequency, most):
    log = generator.draw_log(0, 800, frequency)
    effects = np.concatenate(
        [
            np.eye(size)[log.fields[name]]
            for name, (size, weight) in generator.FIELDS.items()
            if weight
        ],
        axis=1,
    )
    for task in ("click", "like"):
        values = logit(log.probabilities[task])
        fitted = effects @ np.linalg.lstsq(effects, values)[0]
        left = np.var(values - fitted) / np.var(values)
        assert left < most if most else left > 0.3


def test_no_model_is_better_than_the_truth(log):
    for task, labels in log.labels.items():
        truth = auc(labels, log.probabilities[task])
        noisy = logit(log.probabilities[task])
        noisy = noisy + np.random.default_rng(1).standard_normal(NUM_ROWS)
        assert 0.5 < auc(labels, noisy) < truth - 0.005


def test_seed_determines_everything():
    first, again, other = (generator.draw_log(s, 50) for s in (3, 3, 4))
    for part in ("fields", "probabilities", "labels"):
        drawn = getattr(first, part)
        for name, values in drawn.items():
            np.testing.assert_array_equal(values, getattr(again, part)[name])
        assert any(
            not np.array_equal(values, getattr(other, part)[name])
            for name, values in drawn.items()
        )


def auc(labels, scores):
    metric = ExactAUC()
    metric.update_state(labels, scores)
    return float(metric.result())
