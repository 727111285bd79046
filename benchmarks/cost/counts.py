"""The work of a step, counted from shapes.

Counted are the matrix products, the optimizer's pass over all dense weights and
the rows of the table. A mix of sub-networks is a product too. Not counted are
normalization and other work element by element (as if fused into the products),
the sort of the reward, and what the optimizer keeps once per row.
"""

import dataclasses
from collections.abc import Iterable
from collections.abc import Iterator

from benchmarks.cost.point import CostPoint

FLOAT_BYTES = 4
# Adam reads weight, gradient and two moments, and writes all but the gradient.
ADAM_PASSES = 7
TABLE_ARRAYS = 3  # the table and its two moments


@dataclasses.dataclass(frozen=True)
class Product:
    """Matrix products `(rows, inner) x (inner, columns)` of one shape.

    Args:
        rows: int.
        inner: int.
        columns: int.
        count: int. How many there are. Defaults to `1`.
        num_gradients: int. How many of its two operands get a gradient, each by
            a product of the same size. Defaults to `2`.
    """

    rows: int
    inner: int
    columns: int
    count: int = 1
    num_gradients: int = 2

    @property
    def flops(self) -> int:
        """Multiplications and additions."""
        return 2 * self.count * self.rows * self.inner * self.columns

    @property
    def num_bytes(self) -> int:
        """Operands read once, the result written once."""
        operands = self.rows * self.inner + self.inner * self.columns
        result = self.rows * self.columns
        return FLOAT_BYTES * self.count * (operands + result)


@dataclasses.dataclass(frozen=True, kw_only=True)
class StepCounts:
    """The work of one step.

    Args:
        flops: int. Multiplications and additions.
        streams: bytes of each pass over arrays, one pass after the other.
        gathered_rows: int. Rows read from the table and its moments.
        scattered_rows: int. Rows written there.
    """

    flops: int
    streams: tuple[int, ...]
    gathered_rows: int
    scattered_rows: int


def training_counts(point: CostPoint) -> StepCounts:
    """A training step of `MLMMoE`: with one layer, of `MMoE`."""
    products = list(_with_gradients(_expert_products(point)))
    lookups = TABLE_ARRAYS * point.batch_size * point.num_fields
    return StepCounts(
        flops=sum(product.flops for product in products),
        streams=(
            *(product.num_bytes for product in products),
            _adam_bytes(num_expert_weights(point)),
        ),
        gathered_rows=lookups,
        scattered_rows=lookups,
    )


def search_counts(point: CostPoint) -> StepCounts:
    """A step of `SearchModel` over `MTNAS`, by the estimator `Reinforce`.

    The reward of all routes, then a training step of one of them.
    """
    products = [
        *_supernet_products(point, point.reward_batch_size, point.num_routes),
        *_with_gradients(_supernet_products(point, point.batch_size, 1)),
    ]
    lookups = TABLE_ARRAYS * point.num_fields
    return StepCounts(
        flops=sum(product.flops for product in products),
        streams=(
            *(product.num_bytes for product in products),
            _adam_bytes(num_supernet_weights(point)),
        ),
        gathered_rows=lookups * (point.batch_size + point.reward_batch_size),
        scattered_rows=lookups * point.batch_size,
    )


def num_expert_weights(point: CostPoint) -> int:
    """Weights of `MLMMoE` but for the table."""
    # A gate normalizes its scores, with a scale and an offset for each.
    gate = (point.root_units + 2) * point.num_subnetworks
    return _num_network_weights(point) + _num_blocks(point) * gate


def num_supernet_weights(point: CostPoint) -> int:
    """Weights of `MTNAS` but for the table."""
    return _num_network_weights(point) + num_search_gate_weights(point)


def num_search_gate_weights(point: CostPoint) -> int:
    """Weights of the gates of `MTNAS`: of every local route of every block."""
    query_units = point.root_units + point.num_subnetworks * point.units
    gates = _num_subsets(point) * point.num_subnetworks * query_units
    return _num_blocks(point) * gates


def _num_network_weights(point: CostPoint) -> int:
    """Sub-networks with bias and normalization, and towers."""
    inputs = point.root_units + (point.num_layers - 1) * point.units
    sub_networks = inputs * point.units + 3 * point.num_layers * point.units
    towers = point.num_tasks * (point.units + 1)
    return point.num_subnetworks * sub_networks + towers


def _num_blocks(point: CostPoint) -> int:
    """Consumers that mix: sub-networks of layer 2 and up, and tasks."""
    return (point.num_layers - 1) * point.num_subnetworks + point.num_tasks


def _num_subsets(point: CostPoint) -> int:
    return int(2**point.num_subnetworks) - 1


def _adam_bytes(num_weights: int) -> int:
    return FLOAT_BYTES * ADAM_PASSES * num_weights


def _with_gradients(products: Iterable[Product]) -> Iterator[Product]:
    """The products, each followed by those of its gradients."""
    for product in products:
        for _ in range(1 + product.num_gradients):
            yield product


def _expert_products(point: CostPoint) -> Iterator[Product]:
    batch, units, experts = (
        point.batch_size,
        point.units,
        point.num_subnetworks,
    )
    yield Product(batch, point.root_units, experts * units)
    for consumers in (*_upper_layers(point), point.num_tasks):
        yield Product(batch, point.root_units, consumers * experts)  # gates
        yield Product(consumers, experts, units, count=batch)  # mixes
    for experts in _upper_layers(point):
        yield Product(batch, units, units, count=experts)
    yield Product(batch, units, 1, count=point.num_tasks)


def _supernet_products(
    point: CostPoint, batch: int, routes: int
) -> Iterator[Product]:
    """Routes run side by side; layer 1 is the same for all of them."""
    values, units, tasks = point.num_subnetworks, point.units, point.num_tasks
    yield Product(batch, point.root_units, values * units)
    shared = routes  # that read the same values
    for blocks in _upper_layers(point):
        yield from _block_products(point, blocks, batch, routes, shared)
        rows = shared * blocks
        yield Product(rows, values, units, count=routes // shared * batch)
        yield Product(batch, units, units, count=routes * values)
        shared = 1
    yield from _block_products(point, tasks, batch, routes, shared)
    # Towers are applied before the mix.
    yield Product(batch * values, units, tasks, count=routes // shared)
    yield Product(1, values, 1, count=routes * batch * tasks)


def _upper_layers(point: CostPoint) -> list[int]:
    """Sub-networks of layer 2 and up."""
    return [point.num_subnetworks] * (point.num_layers - 1)


def _block_products(
    point: CostPoint, blocks: int, batch: int, routes: int, shared: int
) -> Iterator[Product]:
    """Gates of the blocks that read one layer.

    Choosing a route's gate, mask and query are products with one-hot rows.
    `shared` routes ask the same sub-networks.
    """
    values, units, subsets = (
        point.num_subnetworks,
        point.units,
        _num_subsets(point),
    )
    rows = routes * blocks
    # The mask and the query: nothing to learn.
    local_routes = subsets * (1 + values)
    yield Product(rows, local_routes, values, count=2, num_gradients=0)
    # The gates of the chosen routes, asked by the root or by a sub-network.
    for gates, query_units in (
        (subsets, point.root_units),
        (subsets * values, units),
    ):
        yield Product(
            routes, gates, values * query_units, count=blocks, num_gradients=1
        )
    # Scores by the root, and by a sub-network, placed by the chosen query.
    yield Product(batch, point.root_units, rows * values)
    yield Product(values, 1, values * units, count=rows, num_gradients=1)
    yield Product(
        batch, values * units, shared * blocks * values, count=routes // shared
    )
