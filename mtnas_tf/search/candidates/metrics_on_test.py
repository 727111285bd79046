"""Metrics of trained networks on the test split, and within its domains."""

import functools
from collections.abc import Mapping
from typing import Any

from mtnas_tf.data import MultiTaskData
from mtnas_tf.metrics import evaluate_tasks
from mtnas_tf.metrics.domain_metrics import domain_metrics
from mtnas_tf.metrics.domain_metrics import rows_of_domains
from mtnas_tf.models.evaluated_model import EvaluatedModel
from mtnas_tf.population.population import Population
from mtnas_tf.types import Array
from mtnas_tf.types import DomainMetrics

OnTest = dict[str, Any]  # arguments `test` and `test_domains` of an `Outcome`


def metrics_on_test(model: EvaluatedModel, data: MultiTaskData) -> OnTest:
    """The test metrics of a model, from one pass.

    Args:
        model: a model of the library.
        data: `MultiTaskData`.
    """
    if not data.schema.lists_domains:
        return {"test": model.evaluate_by_task(data.test)}
    rows = model.collect(data.test)
    return {
        "test": model.exact_metrics(*rows),
        "test_domains": _in_domains(data, *rows),
    }


def each_on_test(population: Population, data: MultiTaskData) -> list[OnTest]:
    """The test metrics of each network of a population, from one pass.

    Args:
        population: `RoutePopulation` or `ModelPopulation`.
        data: `MultiTaskData`.
    """
    if not data.schema.lists_domains:
        return [{"test": m} for m in population.evaluate_each(data.test)]
    population.settle()
    labels, predictions, weights = population.collect(data.test)
    found = []
    for i in range(population.num_candidates):
        own = {task: values[:, i] for task, values in predictions.items()}
        rows = labels, own, weights
        test = evaluate_tasks(data.schema.tasks, *rows)
        found.append({"test": test, "test_domains": _in_domains(data, *rows)})
    return found


def _in_domains(
    data: MultiTaskData,
    labels: Mapping[str, Array],
    predictions: Mapping[str, Array],
    weights: Mapping[str, Array],
) -> DomainMetrics:
    schema = data.schema
    rows = rows_of_domains(schema, data.splits["test"].inputs["ids"])
    evaluate = functools.partial(evaluate_tasks, schema.tasks)
    return domain_metrics(evaluate, labels, predictions, weights, rows)
