"""The route a search ends with."""

from mtnas_tf.models.supernet_model import SupernetModel
from mtnas_tf.routes import Route
from mtnas_tf.search import SearchModel


def derive_route(search: SearchModel | SupernetModel) -> Route:
    """Takes the most probable local route of every block.

    It is the route by which the search is evaluated while it goes on. Local
    routes that read one sub-network differ only by a query without effect:
    unless the supernet says otherwise (`merge_singletons`), their
    probabilities are summed first, or the argmax would be biased against them.

    Args:
        search: the search, or its supernet.

    Returns:
        `Route`.

    Raises:
        ValueError: if a route logit is not finite.

    Example:
    >>> frame = pd.DataFrame({"user": list("ab") * 50, "click": [0, 1] * 50})
    >>> frame["like"] = frame.click
    >>> data = mt.data.from_dataframe(frame, ["click", "like"], batch_size=16)
    >>> supernet = mt.models.MTNAS(data.schema, num_layers=2, num_subnetworks=2)
    >>> inputs, labels = next(iter(data.train))
    >>> _ = supernet(inputs)
    >>> derive_route(supernet).tasks
    ('click', 'like')

    Reference:
    - [Chen et al., 2020](https://arxiv.org/abs/2009.00387), section 3.3.
    """
    return search.route
