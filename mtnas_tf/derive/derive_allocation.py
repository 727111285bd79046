"""The network of what tasks use of an `AllocationNet`."""

from collections.abc import Sequence

from mtnas_tf.arguments import check_instances
from mtnas_tf.derive.weight_copies import copy_weights
from mtnas_tf.layers import ComponentStack
from mtnas_tf.models import AllocatedNet
from mtnas_tf.models import AllocationNet


def derive_allocation(
    model: AllocationNet, tasks: Sequence[str] | None = None
) -> AllocatedNet:
    """The components that some tasks use, with the weights of `model`.

    Predictions are those of `model` out of training, of all tasks at once.

    Args:
        model: `AllocationNet`.
        tasks: sequence of task names, those that are served. Defaults to
            `None`, all.

    Returns:
        `AllocatedNet`.

    Raises:
        ValueError: if a name is none of the model's tasks.

    Example:
    >>> model = mt.models.AllocationNet(
    ...     {"latin": 3, "greek": 2}, (8, 8, 1), strides=(2, 2), num_filters=4
    ... )
    >>> network = derive_allocation(model, ["greek"])
    >>> network({"images": np.ones((5, 8, 8, 1))})["greek"].shape
    TensorShape([5, 2])
    """
    check_instances(AllocationNet, model=model)
    tasks = model.tasks if tasks is None else tuple(tasks)
    unknown = sorted(set(tasks) - set(model.tasks))
    if unknown or not tasks:
        raise ValueError(
            f"`tasks` must name tasks of {list(model.tasks)}. "
            f"Received: tasks={list(tasks)}"
        )
    places = [model.tasks.index(task) for task in tasks]
    config = model.get_config()
    shared = ("image_shape", "components", "strides", "num_filters")
    network = AllocatedNet(
        {task: model.num_classes[task] for task in tasks},
        model.allocated[places],
        num_groups=config["num_groups"],
        aggregation=getattr(model.allocation, "aggregation", "mean"),
        separate=model.sharing == "separate",
        **{name: config[name] for name in shared},
    )
    if network.separate:
        for place, stack in zip(places, network.stacks, strict=True):
            _copy_stack(model.stack.copy_of(place), stack)
    else:
        _copy_stack(model.stack, network.stacks[0])
    for place, head in zip(places, network.heads, strict=True):
        head.set_weights(model.heads.head(place))
    return network


def _copy_stack(source: ComponentStack, target: ComponentStack) -> None:
    copy_weights(source.stem, target.stem)
    copy_weights(source.normalization, target.normalization)
    for layer, pruned in zip(source.routed, target.routed, strict=True):
        copy_weights(layer.normalization, pruned.normalization)
        for index in pruned.active:
            copy_weights(layer.component(index), pruned.component(index))
