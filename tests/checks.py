"""What every layer and every model must be able to do."""

import inspect
import json
import re

import keras
import numpy as np
import tensorflow as tf
from keras import tree
from tolerances import assert_near
from tolerances import rounding

from export import export_model


@keras.saving.register_keras_serializable(package="tests")
class OneLayerModel(keras.Model):
    """A subclassed model that builds its one layer and never calls it."""

    def __init__(self, layer, shapes, **kwargs):
        super().__init__(**kwargs)
        self.layer = layer
        self.shapes = shapes
        self.layer.build(*_to_tuples(shapes))
        self.built = True

    def call(self, inputs):
        return self.layer(*inputs)

    def get_config(self):
        # The config alone: a serialized layer would come back built.
        return {
            "layer_class": keras.saving.get_registered_name(type(self.layer)),
            "layer_config": self.layer.get_config(),
            "shapes": self.shapes,
        }

    @classmethod
    def from_config(cls, config):
        layer_class = keras.saving.get_registered_object(config["layer_class"])
        layer = layer_class.from_config(config["layer_config"])
        return cls(layer, config["shapes"])


def check_layer(
    cls,
    init_kwargs,
    inputs,
    output_shape,
    trainable_weights,
    non_trainable_weights=None,
    *,
    path,
):
    """Checks a layer against the contract of all layers.

    Args:
        cls: class of the layer.
        init_kwargs: dict. Its constructor's arguments.
        inputs: tuple of what its `call` takes: arrays, or dicts of arrays.
        output_shape: tuple.
        trainable_weights: dict of name -> shape.
        non_trainable_weights: dict of name -> shape, or None for none.
        path: directory to save into.
    """
    layer = cls(**init_kwargs)
    shapes = tree.map_structure(np.shape, inputs)
    layer.build(*shapes)
    names = {w.name: tuple(w.shape) for w in layer.trainable_weights}
    assert names == trainable_weights
    names = {w.name: tuple(w.shape) for w in layer.non_trainable_weights}
    assert names == (non_trainable_weights or {})
    randomize(layer)

    outputs = layer(*inputs).numpy()
    assert outputs.shape == output_shape
    assert tuple(layer.compute_output_shape(*shapes)) == output_shape
    num_weights = len(trainable_weights) + len(non_trainable_weights or {})
    assert len(layer.weights) == num_weights, "`call` made weights"

    _check_config(layer, cls.from_config)
    _check_saving(cls, init_kwargs, inputs, path)
    check_gradients(layer, lambda: layer(*inputs))
    for jit_compile in (False, True):
        compiled = tf.function(layer.__call__, jit_compile=jit_compile)
        assert_near(compiled(*inputs), outputs)
    for dtype in ("bfloat16", "float16"):
        mixed = cls(**init_kwargs, dtype=f"mixed_{dtype}")
        mixed.build(*shapes)
        mixed.set_weights(layer.get_weights())
        assert {w.dtype for w in mixed.weights} <= {"float32"}
        mixed_outputs = mixed(*inputs)
        assert keras.backend.standardize_dtype(mixed_outputs.dtype) == dtype
        np.testing.assert_allclose(
            mixed_outputs.numpy().astype("float32"),
            outputs,
            atol=rounding(16, dtype) * np.abs(outputs).max(),
        )


def check_model(make, inputs, labels, *, path, forwards=None):
    """Checks a model against the contract of all models; a second or two.

    Args:
        make: callable without arguments. A new model.
        inputs: dict of arrays.
        labels: dict task name -> `(batch, 1)`, some of them NaN.
        path: directory to save into.
        forwards: callable `(model, inputs)` -> callables, one of which
            reaches each trainable weight, see `check_gradients`. Defaults to
            `None`, calling the model.
    """
    model = make()
    assert model.built
    num_weights = len(model.weights)
    # Steps alone are done before one is compiled.
    _check_training(model, inputs, labels, run_eagerly=True, jit_compile=False)
    assert len(model.weights) == num_weights, "training made weights"

    randomize(model)
    outputs = to_numpy(model(inputs))
    num_rows = len(next(iter(labels.values())))
    assert {k: v.shape for k, v in outputs.items()} == {
        task.name: (num_rows, task.num_outputs) for task in model.schema.tasks
    }
    config = model.get_config()
    json.dumps(config)
    assert type(model).from_config(config).get_config() == config
    _check_reloaded(model, inputs, path)
    calls = forwards(model, inputs) if forwards else [lambda: model(inputs)]
    check_gradients(model, *calls)
    _check_graphs(model, inputs)


def check_training(make, inputs, labels, *, path):
    """Checks that XLA trains a model, and low precision does; some seconds.

    Args:
        make: callable `(**kwargs)`, keyword arguments for the constructor's
            last. A new model.
        inputs: dict of arrays.
        labels: dict task name -> `(batch, 1)`, some of them NaN.
        path: directory to save into.
    """
    model = make()
    _check_training(model, inputs, labels, jit_compile=True)
    _check_reloaded(model, inputs, path)

    mixed = make(dtype="mixed_bfloat16")
    mixed.compile("sgd", jit_compile=False, steps_per_execution=2)
    num_rows = len(next(iter(labels.values())))
    doubled = [
        {name: np.concatenate([x] * 4) for name, x in part.items()}
        for part in (inputs, labels)
    ]
    losses = mixed.fit(
        *doubled,
        batch_size=num_rows,
        epochs=2,
        shuffle=False,
        verbose=0,
    ).history["loss"]
    assert np.isfinite(losses).all()
    assert int(mixed.optimizer.iterations) == 8
    assert {w.dtype for w in mixed.trainable_weights} == {"float32"}
    assert {v.dtype for v in to_numpy(mixed(inputs)).values()} == {
        np.dtype("float32")
    }


def check_export(make, path):
    """Checks that ONNX Runtime and SavedModel predict as the model does.

    Args:
        make: callable without arguments. A new model.
        path: directory to save into.
    """
    model = make()
    randomize(model)
    # Refused unless both formats agree with the model to 1e-5.
    export_model(model, path / "out")
    assert (path / "out" / "model.onnx").exists()
    assert (path / "out" / "saved_model").exists()


def _check_training(model, inputs, labels, **kwargs):
    """Checks that a model compiles, trains and is evaluated."""
    num_rows = len(next(iter(labels.values())))
    # The optimizer with the least to compile.
    model.compile(keras.optimizers.SGD(0.05), **kwargs)
    before = model.evaluate(inputs, labels, return_dict=True)
    losses = model.fit(
        inputs, labels, batch_size=num_rows, epochs=4, shuffle=False, verbose=0
    ).history["loss"]
    assert np.isfinite(losses).all()

    results = model.evaluate(inputs, labels, return_dict=True)
    # Draws are noise in the first; statistics of batches settle late in these.
    assert losses[-1] < losses[0] or results["loss"] < before["loss"]
    kinds = {
        "binary": ("auc", "log_loss"),
        "regression": ("mse", "mae"),
        "multiclass": ("accuracy", "log_loss"),
    }
    names = [f"{t.name}_{m}" for t in model.schema.tasks for m in kinds[t.kind]]
    assert list(results) == ["loss", *names]
    assert np.isfinite(list(results.values())).all()
    predictions = model.predict_on_batch(inputs)
    assert_close(predictions, to_numpy(model(inputs)))


def _check_reloaded(model, inputs, path):
    """Checks that a compiled model comes back whole."""
    model.save(path / "model.keras")
    loaded = keras.saving.load_model(path / "model.keras")
    assert loaded.jit_compile == model.jit_compile
    assert_same_weights(loaded, model)
    assert_same_weights(loaded.optimizer, model.optimizer)
    assert_close(to_numpy(loaded(inputs)), to_numpy(model(inputs)))


def _check_graphs(model, inputs):
    """Checks a graph of any batch size, and that one of training is made."""
    spec = {
        name: tf.TensorSpec((None, *array.shape[1:]), array.dtype)
        for name, array in inputs.items()
    }
    graph = tf.function(lambda x: model(x), input_signature=[spec])
    outputs = to_numpy(model(inputs))
    assert_close(to_numpy(graph(inputs)), outputs)
    part = to_numpy(graph({name: x[:2] for name, x in inputs.items()}))
    assert_close(part, {name: x[:2] for name, x in outputs.items()})
    tf.function(lambda x: model(x, training=True)).get_concrete_function(spec)


def check_gradients(layer, *forwards):
    """Checks that every trainable weight has a gradient.

    Args:
        layer: layer or model.
        *forwards: callables without arguments -> outputs. They are called in
            turn until each weight was reached by one.
    """
    unreached = {weight.path for weight in layer.trainable_weights}
    for forward in forwards:
        with tf.GradientTape() as tape:
            # A sum with unequal weights: that of a softmax is constant.
            total = sum(
                tf.reduce_sum(tf.cast(x, tf.float32) * _ramp(x.shape))
                for x in tree.flatten(forward())
            )
        gradients = tape.gradient(total, layer.trainable_weights)
        unreached -= {
            weight.path
            for weight, gradient in zip(
                layer.trainable_weights, gradients, strict=True
            )
            if gradient is not None and np.any(tf.convert_to_tensor(gradient))
        }
        if not unreached:
            break
    assert not unreached


def draws(layer, inputs):
    """Outputs in training of what draws the weights that it runs.

    Moving averages, steps and generators are as before afterwards.
    """
    weights = layer.get_weights()
    outputs = [layer(inputs, training=True) for _ in range(16)]
    layer.set_weights(weights)
    return outputs


def randomize(layer, seed=0, scale=0.5):
    """Gives every float weight values that no initializer would.

    All are positive, so that variances stay so and few ReLUs are dead.
    """
    rng = np.random.default_rng(seed)
    for weight in layer.weights:
        if weight.dtype == "float32" and "policy" not in weight.path:
            weight.assign(scale * rng.uniform(0.1, 1.0, weight.shape))


def assert_same_weights(first, second):
    """Checks that all variables are bit-identical (NaN equals NaN)."""
    pairs = zip(first.variables, second.variables, strict=True)
    for left, right in pairs:
        np.testing.assert_array_equal(left, right, err_msg=right.path)


def assert_close(actual, expected, tolerance=None):
    """Compares dicts of predictions.

    Args:
        actual: dict of arrays.
        expected: dict of arrays.
        tolerance: float. Largest difference, relative to predictions above 1.
            Defaults to `None`, the rounding of a small network's sums.
    """
    tolerance = rounding() if tolerance is None else tolerance
    assert actual.keys() == expected.keys()
    for name, values in expected.items():
        scale = max(1.0, float(np.max(np.abs(values), initial=0.0)))
        np.testing.assert_allclose(
            actual[name], values, rtol=0, atol=tolerance * scale, err_msg=name
        )


def to_numpy(outputs):
    return {name: np.asarray(values) for name, values in outputs.items()}


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softmax(x):
    exp = np.exp(x - x.max())
    return exp / exp.sum()


def relu(x):
    return np.maximum(x, 0)


def _check_config(layer, from_config):
    config = layer.get_config()
    json.dumps(config)
    assert from_config(config).get_config() == config
    kinds = inspect.Parameter
    parameters = {
        name
        for name, parameter in inspect.signature(type(layer)).parameters.items()
        if parameter.kind is not kinds.VAR_KEYWORD
    }
    assert parameters <= config.keys()


def _check_saving(cls, init_kwargs, inputs, path):
    symbols = tree.map_structure(
        lambda x: keras.Input(batch_shape=x.shape, dtype=x.dtype.name), inputs
    )
    functional = keras.Model(symbols, cls(**init_kwargs)(*symbols))
    shapes = [
        {name: list(x.shape) for name, x in part.items()}
        if isinstance(part, dict)
        else list(part.shape)
        for part in inputs
    ]
    subclassed = OneLayerModel(cls(**init_kwargs), shapes)
    for name, model in (
        ("functional", functional),
        ("subclassed", subclassed),
    ):
        randomize(model)
        model.save(path / f"{name}.keras")
        loaded = keras.saving.load_model(path / f"{name}.keras")
        assert_same_weights(loaded, model)
        np.testing.assert_array_equal(loaded(inputs), model(inputs))


def _ramp(shape):
    size = int(np.prod(shape))
    return np.cos(np.arange(size)).astype("float32").reshape(shape)


def _to_tuples(shapes):
    """Shapes as `build` takes them; a config holds lists."""
    return [
        {name: tuple(x) for name, x in shape.items()}
        if isinstance(shape, dict)
        else tuple(shape)
        for shape in shapes
    ]


def table_copies(model, batch):
    """Copies of whole variables with a row an id, in a compiled step."""
    step = tf.function(model.train_step, jit_compile=True)
    hlo = step.experimental_get_compiler_ir(batch)(stage="optimized_hlo")
    rows = model.schema.num_buckets
    copied = re.findall(r"= \w+\[([\d,]*)\]\S* copy\(", hlo)
    return [shape for shape in copied if str(rows) in shape.split(",")]
