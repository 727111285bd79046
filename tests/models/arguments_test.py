"""Every argument of every layer and model is checked by its name."""

import inspect

import keras
import numpy as np
import pytest
import toy_data

from mtnas_tf import layers
from mtnas_tf.features import EPNet
from mtnas_tf.features import FeatureEncoder
from mtnas_tf.features import GateNU
from mtnas_tf.models import MODELS
from mtnas_tf.models import SparseRouteModel
from mtnas_tf.models.multi_task_model import MultiTaskModel
from mtnas_tf.population import RoutePopulation
from mtnas_tf.routes import RouteSpace
from mtnas_tf.search import SearchModel

TASKS = toy_data.SCHEMA.task_names
SPACE = RouteSpace(TASKS, 1, 2)
OF_TASKS = {"tasks": TASKS}
NO_INTS = (0, -1, 1.5, "2", None, True)
NO_FRACTIONS = (-0.1, 1.0, 2, "0.5", None, np.nan)
NO_POSITIVES = (0, -1.0, np.inf, np.nan, "1", None)
NO_BOOLS = (0, 1, "yes", None)
NO_CHOICES = ("none of them", 3, ["batch"])
NO_COUNTS = (-1, 0.5, "1", None, True)
NO_WEIGHTS = (-0.1, np.nan, "1", None, True)
# Argument -> values that are refused, in whatever class has it.
WRONG = {
    **dict.fromkeys(
        (
            *("num_layers", "num_experts", "num_subnetworks", "units"),
            *("num_shared_experts", "num_selected", "num_outputs"),
            *("num_candidates", "num_blocks", "num_values", "num_buckets"),
            *("embedding_dim", "num_task_experts", "num_group_experts"),
            *("num_gates", "num_tasks", "num_components", "entropy_steps"),
            *("num_filters", "num_groups", "stride"),
        ),
        NO_INTS,
    ),
    **dict.fromkeys(("num_queries", "num_fields", "seed"), NO_COUNTS),
    "group_sizes": (3, (), (0,), (1.5,)),
    "subnetwork_units": (3, (), (0, 1), (1.5, 2)),
    "reads": ([], [[]], [[2]], [[0], []]),
    "trains": ([], [[]], [[2]], [[0], [0]]),
    **dict.fromkeys(("stem_units", "rank", "task_rank"), NO_INTS[:4]),
    "shape": (3, (), (0, 2), (2.5,), None),
    "initial_probs": ((0.5,), (0.5, 0.6), (0.0, 1.0), ("a", 0.5), 3, "half"),
    **dict.fromkeys(("learning_rate_factor", "entropy_exponent"), NO_POSITIVES),
    **dict.fromkeys(("entropy_penalty", "disconnect_penalty"), NO_WEIGHTS),
    "allocated": (3, [[0, 1]], [[[2]]], [[["1"]]], [[[0, 1]], [[1]]], []),
    "operations": ("conv3x3", (), ("conv3",), ("pool3x3",), (3,), None),
    "components": ("conv3x3", (), ("conv3x3",), (("conv3",),), 3),
    "strides": (2, (), (0,), ("2",), None),
    "active": (3, (7,), (-1,), ("0",)),
    "num_classes": (3, (), (0,), ("3",), None),
    "layer": ("dense", None),
    "keep_one": NO_BOOLS,
    "rate": NO_FRACTIONS,
    **dict.fromkeys(
        ("hidden_units", "auxiliary_units"),
        (64, (), (0,), (2.5,), "64", None),
    ),
    "correction": NO_POSITIVES,
    "base": ("mmoe", 3),
    **dict.fromkeys(("tower_units", "gate_units"), (64, (0,), ("64",), None)),
    "domain_columns": ((2,), (3, 3), (-1, 2), (0, 1.5), "ab", 3),
    "dropout_rate": NO_FRACTIONS,
    "momentum": NO_FRACTIONS,
    "epsilon": NO_POSITIVES,
    "own_weight": NO_FRACTIONS,
    "stitch_rate": NO_POSITIVES,
    "per_channel": NO_BOOLS,
    **dict.fromkeys(("beta", "gamma"), NO_POSITIVES),
    "zeta": (1, 0.5, np.inf, np.nan, "2", None),
    "transforms": NO_BOOLS,
    **dict.fromkeys(("entropy_weight", "l0_weight", "l2_weight"), NO_WEIGHTS),
    "per_example": NO_BOOLS,
    "calibrator_weight": (-0.1, np.nan, None, "1"),
    "mixes_shared": NO_BOOLS,
    **dict.fromkeys(("gated", "hard"), NO_BOOLS),
    "dedup_singletons": NO_BOOLS,
    "merge_singletons": NO_BOOLS,
    **dict.fromkeys(("query_scope", "value_scope"), NO_CHOICES),
    **dict.fromkeys(("aggregation", "root_query", "kind"), NO_CHOICES),
    "activation": NO_CHOICES,
    "groups": ("click", [["click"]], [["click"], ["click", "stars"]], 3),
    "normalization": ("group", 3, True),
    "gate_normalization": ("group", "layer", True),
    "table_initializer": ("none of them", 3),
    "schema": ("toy", None),
    "route": ("full", None),
    "space": ("all", None),
    "supernet": ("mtnas", None),
    "body": ("mmoe", None),
    "encoder": ("ids", 3),
    "towers": ("dense", 3),
    "tasks": ((), ("a", "a"), "click"),
    "lengths": ((1, 1), (0,), ("1",)),
    "num_choices": ((), (2, 0), (1.5,)),
    "annealing_steps": NO_INTS,
    "curriculum_epochs": NO_INTS,
    "reward": NO_CHOICES,
    "policy_learning_rate": NO_POSITIVES,
    "min_probability": (*NO_FRACTIONS, 0.3),
    **dict.fromkeys(("collaboration", "co_training_rate"), NO_WEIGHTS),
    "warmup_steps": NO_COUNTS,
    "sharing_form": NO_CHOICES,
    "temperature_decay": (0.0, 1.5, -0.5, "0.5", None, True),
    **dict.fromkeys(("sparsity_weight", "sharing_weight"), NO_WEIGHTS),
    "initial_temperature": NO_POSITIVES,
    "final_temperature": NO_POSITIVES,
    "initial_probability": (0, 1.0, -0.5, "0.5", None, True),
    **dict.fromkeys(("budget", "budget_penalty"), NO_WEIGHTS),
    "combinations": ([[]], [[2]], [[0], [1]]),
    "queries": ([-2], [0.5], [0, 0]),
    **dict.fromkeys(("num_tables", "num_roots"), NO_INTS),
    "has_linear": NO_BOOLS,
}
# Classes in which a number may be 0.
MAY_BE_ZERO = {
    "num_task_experts": (
        layers.PLE,
        layers.ExtractionNetwork,
        MODELS["ple"],
        MODELS["cgc"],
    ),
    "num_shared_experts": (layers.AdaTT, MODELS["adatt"]),
}
SUPERNET = MODELS["mtnas"](toy_data.SCHEMA, num_subnetworks=2, units=2)
CLASSES = {
    **{cls: {"schema": toy_data.SCHEMA} for cls in MODELS.values()},
    SparseRouteModel: {
        "schema": toy_data.SCHEMA,
        "route": SPACE.full_route(),
    },
    RoutePopulation: {
        "schema": toy_data.SCHEMA,
        "space": SPACE,
        "num_candidates": 2,
    },
    SearchModel: {"supernet": SUPERNET},
    RouteSpace: {"tasks": TASKS, "num_layers": 1, "num_subnetworks": 2},
    MultiTaskModel: {
        "schema": toy_data.SCHEMA,
        "body": layers.SharedBottom(TASKS),
    },
    FeatureEncoder: {"num_fields": 1, "num_values": 0, "num_buckets": 5},
    EPNet: {"domain_columns": (0, 2)},
    GateNU: {"units": 3},
    layers.BankNormalization: {"kind": "layer"},
    layers.CandidateGates: {
        "num_candidates": 1,
        "num_blocks": 1,
        "num_values": 2,
        "num_queries": 0,
    },
    layers.Gate: {},
    layers.GumbelChoice: {"shape": (3, 2)},
    layers.Allocation: {
        "num_tasks": 3,
        "num_layers": 1,
        "num_components": 2,
    },
    layers.FixedAllocation: {"allocated": [[[0, 1]]]},
    layers.Component: {"operations": ["identity"], "num_filters": 4},
    layers.RoutedLayer: {"components": [["identity"]], "num_filters": 4},
    layers.ComponentStack: {},
    layers.TaskHeads: {"num_classes": (3, 2)},
    layers.TaskCopies: {"layer": keras.layers.ReLU(), "num_tasks": 2},
    layers.SavedDropout: {"rate": 0.5},
    layers.RoutePolicy: {"num_choices": [2, 3]},
    layers.SearchBlockBank: {
        "num_blocks": 1,
        "num_values": 2,
        "combinations": [[0, 1]],
        "queries": [-1],
    },
    layers.SubNetworkBank: {"num_subnetworks": 2, "units": 3},
    **dict.fromkeys((layers.SharedBottom, layers.SingleTask), OF_TASKS),
    layers.CrossStitch: OF_TASKS,
    layers.CrossStitchUnit: {},
    layers.DSelectK: OF_TASKS,
    layers.DSelectKExampleGate: {},
    layers.DSelectKGate: {},
    **dict.fromkeys((layers.SNRAver, layers.SNRTrans), OF_TASKS),
    layers.SNRLinks: {"num_outputs": 3},
    layers.L2Constrained: OF_TASKS,
    layers.OMoE: OF_TASKS,
    **dict.fromkeys((layers.MMoE, layers.MLMMoE), OF_TASKS),
    layers.ExtractionNetwork: OF_TASKS,
    **dict.fromkeys((layers.PLE, layers.Supernet, layers.AutoMTL), OF_TASKS),
    **dict.fromkeys((layers.MEMMoE, layers.MEPLE, layers.STEMNet), OF_TASKS),
    **dict.fromkeys((layers.AdaTT, layers.HoME), OF_TASKS),
    layers.HoMELevel: {"group_sizes": (2, 1), "reads": [[0]]},
    layers.FeatureGates: {"num_gates": 2},
    layers.SelfGate: {},
    layers.ExpertGroups: {"group_sizes": (2, 1)},
    layers.TensorFactorized: OF_TASKS,
    layers.FactorizedBank: {"num_subnetworks": 2, "units": 3},
    layers.GroupMixtures: {
        "group_sizes": (2, 1),
        "reads": [[0]],
        "gate_units": (3,),
    },
    layers.Experts: {},
    layers.Stem: {},
    layers.StepCounter: {},
    layers.RouteNetwork: {"route": SPACE.full_route()},
    **dict.fromkeys(
        (
            layers.Towers,
            layers.AITMTowers,
            layers.ESMMTowers,
            layers.ResFlowTowers,
        ),
        {"tasks": toy_data.SCHEMA.tasks},
    ),
    layers.InformationTransfer: {},
    **dict.fromkeys((layers.PPNet, layers.POSO, layers.STAR), OF_TASKS),
    layers.PartitionedNormalization: {},
    layers.StarLayer: {"units": 3},
    layers.SharedEmbedding: OF_TASKS,
    layers.TaskActivations: {"tasks": toy_data.SCHEMA.tasks},
    layers.LearningToBranch: OF_TASKS,
    layers.GumbelAllocation: OF_TASKS,
    layers.AdaShare: OF_TASKS,
    layers.RoutingNetworks: OF_TASKS,
    layers.ResidualBlock: {"units": 3},
}


OF_TASK_SPECS = (layers.Towers, layers.TaskActivations)


def arguments(cls):
    """Names of a class's arguments."""
    names = set(inspect.signature(cls).parameters)
    return sorted(names - {"args", "kwargs", "name", "dtype"})


def cases():
    for cls, valid in CLASSES.items():
        for name in arguments(cls):
            yield pytest.param(cls, valid, name, id=f"{cls.__name__}-{name}")


def wrong_values(cls, name):
    if cls is layers.Gate or cls is layers.CandidateGates:
        name = {"normalization": "gate_normalization"}.get(name, name)
    if name == "tasks" and issubclass(cls, OF_TASK_SPECS):
        return ("click", [], ["click"])
    if cls is RoutePopulation and name == "units":
        return [value for value in NO_INTS if value is not None]
    if cls is FeatureEncoder and name == "num_values":
        name = "num_queries"  # may be 0 too
    if cls in MAY_BE_ZERO.get(name, ()):
        return NO_COUNTS
    if name == "gamma" and "zeta" in arguments(cls):
        return (0, 0.1, -np.inf, np.nan, "-1", None)
    return WRONG[name]


def test_all_classes_are_there():
    named = {getattr(layers, name) for name in layers.__all__}
    named = {cls for cls in named if issubclass(cls, keras.layers.Layer)}
    assert named < set(CLASSES)


@pytest.mark.parametrize(("cls", "valid", "name"), list(cases()))
def test_wrong_values_are_named(cls, valid, name):
    for value in wrong_values(cls, name):
        with pytest.raises(ValueError, match=f"`{name}`"):
            cls(**{**valid, name: value})


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_an_unknown_argument_is_named(cls):
    with pytest.raises((TypeError, ValueError), match="embeding_dim"):
        cls(**CLASSES[cls], embeding_dim=3)


@pytest.mark.parametrize("name", [n for n in MODELS if n != "mtnas"])
def test_hand_made_models_are_gated(name):
    with pytest.raises(TypeError, match=f"{MODELS[name].__name__}.*aggregat"):
        MODELS[name](toy_data.SCHEMA, aggregation="mean")


def test_evaluate_takes_no_unknown_argument():
    model = MODELS["shared_bottom"](toy_data.SCHEMA, hidden_units=(2,))
    model.compile(keras.optimizers.SGD(), jit_compile=False)
    rows = toy_data.make_split(4)
    with pytest.raises(TypeError, match="retrun_dict"):
        model.evaluate(rows.inputs, rows.labels, retrun_dict=True)
