"""The smallest models of the zoo whose axes all differ in size."""

import inspect

import keras
import numpy as np

from mtnas_tf.models import MODELS

# Argument -> its value in every model that takes it.
SIZES = {
    "embedding_dim": 4,
    "hidden_units": (5,),
    "units": 5,
    "num_experts": 3,
    "num_subnetworks": 2,
    "num_task_experts": 2,
    "num_shared_experts": 1,
    # Behind wider ones, gates of random weights choose one value each.
    "gate_units": (2,),
    "warmup_steps": 0,
}


def make_model(name, schema, /, seed=1, **kwargs):
    """A small model; what it does not take of `kwargs` is an error."""
    keras.utils.set_random_seed(seed)
    accepted = inspect.signature(MODELS[name]).parameters
    sizes = {key: size for key, size in SIZES.items() if key in accepted}
    return MODELS[name](schema, **(sizes | kwargs))


def forwards(model, inputs):
    """Calls of which one at least reaches each trainable weight.

    Weights of a supernet are reached by its local routes, those of a model
    that draws what it runs by several draws.
    """
    calls = [lambda: model(inputs)]
    if hasattr(model, "route_logits"):
        calls.append(lambda: _all_local_routes(model, inputs))
    return calls + [lambda: model(inputs, training=True)] * 16


def _all_local_routes(model, inputs):
    """Every local route of a supernet, as routes side by side."""
    sizes = np.array([len(block.routes) for block in model.space.blocks])
    choices = np.arange(sizes.max())[:, None] % sizes
    return model.route_logits(inputs, choices.astype("int32"))
