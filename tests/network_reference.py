"""The networks of the model docstrings as NumPy loops, one row at a time."""

import numpy as np
from checks import relu
from checks import sigmoid
from checks import softmax

from mtnas_tf.routes.sub_network import SubNetwork


def roots_by_row(model, inputs):
    """The root features of each row: dicts name -> vector."""
    encoders = getattr(model.encoder, "encoders", {"root": model.encoder})
    features = [root_features(each, inputs) for each in encoders.values()]
    return [
        dict(zip(encoders, row, strict=True))
        for row in zip(*features, strict=True)
    ]


def root_features(encoder, inputs):
    """Embeddings of the ids, then the values: `(batch, root_units)`."""
    table = encoder.table.numpy()
    return [
        np.concatenate([*(table[i] for i in ids), values])
        for ids, values in zip(inputs["ids"], inputs["values"], strict=True)
    ]


def sub_network(bank, index, x, activation=relu):
    return activation(x @ bank.kernel.numpy()[index] + bank.bias.numpy()[index])


def gate_scores(gate, query):
    """Scores of a gate, normalized by its moving statistics if at all."""
    scores = query @ gate.kernel.numpy()
    if gate.norm is None:
        return scores
    mean, variance, gamma, beta = (
        weight.numpy()[0]
        for weight in (
            gate.norm.moving_mean,
            gate.norm.moving_variance,
            gate.norm.gamma,
            gate.norm.beta,
        )
    )
    scores = (scores - mean) / np.sqrt(variance + gate.norm.epsilon)
    return gamma * scores + beta


def mix(scores, values):
    """Values weighted by the softmax of their scores."""
    return sum(w * v for w, v in zip(softmax(scores), values, strict=True))


def predict(model, hidden):
    """Towers and their activations: task -> vector of the task -> outputs."""
    outputs = {}
    for task in model.schema.tasks:
        tower = model.towers.output_layers[task.name]
        logits = hidden[task.name] @ tower.kernel.numpy() + tower.bias.numpy()
        activations = {"binary": sigmoid, "multiclass": softmax}
        activate = activations.get(task.kind, np.array)
        outputs[task.name] = activate(logits)
    return outputs


def stacked(rows):
    """List of dicts of vectors -> dict of `(batch, outputs)`."""
    return {name: np.array([row[name] for row in rows]) for name in rows[0]}


def expert_outputs(model, inputs):
    """`MLMMoE` from its docstring, without a stem."""
    rows = []
    route = model.body.route
    layers = model.body.experts
    layers = layers if isinstance(layers, list) else [layers]
    banks = [bank for layer in layers for bank in layer.banks]
    for x in root_features(model.encoder, inputs):
        experts = [
            sub_network(banks[0], k, x) for k in range(route.num_subnetworks)
        ]
        for layer in range(1, route.num_layers):
            experts = [
                sub_network(
                    banks[layer],
                    k,
                    _gated(
                        model,
                        SubNetwork(layer, k).name(route.num_subnetworks),
                        x,
                        experts,
                    ),
                )
                for k in range(route.num_subnetworks)
            ]
        hidden = {
            task.name: _gated(model, task.name, x, experts)
            for task in model.schema.tasks
        }
        rows.append(predict(model, hidden))
    return stacked(rows)


def shared_outputs(model, inputs):
    """`SharedBottom` from its docstring, with or without a stem."""
    rows = []
    for h in root_features(model.encoder, inputs):
        stem = model.body.stem.bank
        banks = model.body.bottom.banks
        for bank in [stem, *banks] if stem else banks:
            h = sub_network(bank, 0, h)
        rows.append(predict(model, {t.name: h for t in model.schema.tasks}))
    return stacked(rows)


# NumPy's matmul may report an invalid value that is in no operand, where other
# libraries have left a flag of the processor set. A NaN would fail the tests.
@np.errstate(invalid="ignore")
def route_outputs(model, route, inputs, mixer, index_of, aggregation="gate"):
    """The network of a route, by the names of its parts.

    Args:
        model: `SparseRouteModel` or `MTNAS`.
        route: `Route`.
        inputs: dict of arrays.
        mixer: callable `(consumer, query)` -> scores of what it reads.
        index_of: callable `(sub-network)` -> its index in its layer's bank.
        aggregation: `"gate"` or `"mean"`.
    """
    rows = []
    banks = banks_of(model.body)
    stems = getattr(model.body, "stems", {"root": model.body.stem})
    for x in roots_by_row(model, inputs):
        r = {
            root: x[root]
            if stem.bank is None
            else sub_network(stem.bank, 0, x[root])
            for root, stem in stems.items()
        }
        asked = x if model.body.stem.root_query == "features" else r
        outputs = {}

        def query_of(consumer, asked=asked, outputs=outputs):
            query = route.blocks[consumer].query
            if query != "root":
                return outputs[query]
            # The mean over what the consumer depends on.
            reached = route.reached(consumer)
            names = {
                route.roots.get(name, "root")
                for name in reached
                if route.layer_of(name) == 0
            }
            return sum(asked[name] for name in names) / len(names)

        def read(consumer, outputs=outputs, query_of=query_of):
            block = route.blocks[consumer]
            values = [outputs[name] for name in block.combination]
            if aggregation == "mean":
                return sum(values) / len(values)
            if len(values) == 1:
                return values[0]
            return mix(mixer(consumer, query_of(consumer)), values)

        for name in route.reached():
            layer = route.layer_of(name)
            root = route.roots.get(name, "root")
            read_by_it = r[root] if layer == 0 else read(name)
            bank = banks[layer]
            outputs[name] = sub_network(
                bank,
                index_of(name),
                read_by_it,
                np.array if name in route.linear else relu,
            )
        hidden = {task.name: read(task.name) for task in model.schema.tasks}
        rows.append(predict(model, hidden))
    return stacked(rows)


def supernet_outputs(model, choices, inputs):
    """`MTNAS` from its docstring, on the given local routes."""
    space = model.space
    consumers = [block.consumer for block in space.blocks]

    def mixer(consumer, query):
        index = consumers.index(consumer)
        local, sources = choices[index], space.blocks[index].query_indices
        layer = next(i for i, c in enumerate(space.consumers) if consumer in c)
        bank = model.body.block_banks[layer]
        block = space.consumers[layer].index(consumer)
        is_root = sources[local] == -1
        # The gates of root routes and of others are two stacks, block by block.
        rank = sum((q == -1) == is_root for q in sources[:local])
        rank += block * sum((q == -1) == is_root for q in sources)
        kernels = bank.root_kernel if is_root else bank.sub_network_kernel
        read = space.blocks[index].combinations[local]
        return kernels.numpy()[rank][read] @ query

    return route_outputs(
        model,
        space.route(choices),
        inputs,
        mixer,
        lambda name: space.route(choices).place(name).index,
        model.body.aggregation,
    )


def banks_of(body):
    """The banks of a body whose sub-networks are one layer each."""
    if hasattr(body, "banks"):
        return body.banks
    return [bank for experts in body.experts for bank in experts.banks]


def sparse_route_outputs(model, inputs):
    """`SparseRouteModel` from its docstring."""
    route = model.body.route
    reached = route.reached()
    index_of = {}
    for layer in range(route.num_layers):
        active = [n for n in route.sub_networks([layer]) if n in reached]
        index_of |= {name: index for index, name in enumerate(active)}
    return route_outputs(
        model,
        route,
        inputs,
        lambda consumer, query: gate_scores(model.body.gates[consumer], query),
        lambda name: index_of[name],
        getattr(model.body, "aggregation", "gate"),
    )


def _gated(model, consumer, query, values):
    if len(values) == 1:
        return values[0]
    return mix(gate_scores(model.body.gates[consumer], query), values)
