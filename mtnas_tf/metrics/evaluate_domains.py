"""Metrics within the domains that a schema lists."""

import keras

from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.data.split import Split
from mtnas_tf.metrics.domain_metrics import domain_metrics
from mtnas_tf.metrics.domain_metrics import rows_of_domains
from mtnas_tf.types import DomainMetrics


def evaluate_domains(model: keras.Model, split: Split) -> DomainMetrics:
    """The metrics of `model.evaluate`, of every task within every domain.

    A task whose label is observed in some domains alone has metrics in these.

    Args:
        model: a model of the library, whose schema lists `domains`.
        split: `Split` of the model's schema.

    Returns:
        dict task name -> domain -> metric -> value. What the labels of a domain
        leave undefined, such as an AUC of one class, is NaN; `num_labels` tells
        how many there are. A domain without rows is left out.

    Raises:
        ValueError: if the schema lists no domains.

    Example:
    >>> tabs = ["home", "search"] * 200
    >>> frame = pd.DataFrame({"tab": tabs, "click": np.arange(400) % 3 % 2})
    >>> tab = mt.data.FieldSpec(name="tab", vocabulary=("home", "search"))
    >>> schema = mt.data.DatasetSchema(
    ...     name="log",
    ...     fields=(tab,),
    ...     tasks=(mt.data.TaskSpec(name="click"),),
    ...     num_buckets=5,
    ...     domain="tab",
    ... )
    >>> data = mt.data.from_dataframe(frame, schema=schema)
    >>> model = mt.models.SharedBottom(data.schema)
    >>> found = evaluate_domains(model, data.splits["test"])["click"]
    >>> list(found), list(found["home"])
    (['home', 'search'], ['auc', 'log_loss', 'num_labels'])
    """
    rows = rows_of_domains(model.schema, split.inputs["ids"])
    predictions = model.predict(
        split.inputs, batch_size=EVALUATION_BATCH_SIZE, verbose=0
    )
    return domain_metrics(
        model.exact_metrics, split.labels, predictions, {}, rows
    )
