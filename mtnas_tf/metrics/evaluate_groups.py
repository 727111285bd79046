"""Metrics within groups of rows, such as those of a user."""

from mtnas_tf.data.multi_task_data import EVALUATION_BATCH_SIZE
from mtnas_tf.data.split import Split
from mtnas_tf.metrics.grouped_auc import GroupedAUC
from mtnas_tf.tasks import TASK_KINDS
from mtnas_tf.types import Tensor


def evaluate_groups(
    model: Tensor, split: Split, field: str, weighting: str = "rows"
) -> dict[str, dict[str, float]]:
    """`GroupedAUC` of every binary task, grouped by the ids of a field.

    Values of the field that share a bucket of the table share a group.

    Args:
        model: a model of the library.
        split: `Split` of the model's schema.
        field: string. Name of a hashed field of one value a row, such as
            `"user_id"`.
        weighting: see `GroupedAUC`. Defaults to `"rows"`.

    Returns:
        dict task name -> what `GroupedAUC` returns.

    Raises:
        ValueError: if the field is not a hashed field of the schema, or holds
            lists.

    Example:
    >>> users = np.arange(400) // 8
    >>> frame = pd.DataFrame({"user": users, "click": np.arange(400) % 2})
    >>> frame["item"] = frame["click"]
    >>> data = mt.data.from_dataframe(frame, ["click"])
    >>> model = mt.models.SharedBottom(data.schema)
    >>> sorted(evaluate_groups(model, data.splits["test"], "user")["click"])
    ['gauc', 'num_groups', 'num_left_out']
    """
    preprocessor = model.schema.preprocessor
    fields = [f.name for f in preprocessor.id_fields if f.max_length is None]
    if field not in fields:
        raise ValueError(
            "`field` must be one of the hashed fields of one value a row, "
            f"{fields}. Received: field={field!r}"
        )
    groups = split.inputs["ids"][:, preprocessor.id_columns(field)]
    predictions = model.predict(
        split.inputs, batch_size=EVALUATION_BATCH_SIZE, verbose=0
    )
    results = {}
    for task in model.schema.tasks:
        if TASK_KINDS[task.kind].has_positives:
            gauc = GroupedAUC(weighting)
            gauc.update_state(
                split.labels[task.name], predictions[task.name], groups=groups
            )
            results[task.name] = gauc.result()
    return results
