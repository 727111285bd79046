import dataclasses
import json
import typing
from pathlib import Path

import pytest

from mtnas_tf.config import DataConfig
from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import ModelConfig
from mtnas_tf.config import OptimConfig
from mtnas_tf.config import SearchConfig
from mtnas_tf.config import load_config
from mtnas_tf.config import load_sweep
from mtnas_tf.config import override
from mtnas_tf.config import with_section

CONFIG_FILES = sorted(Path(__file__).parents[2].glob("configs/[a-z]*.py"))
SOURCE = """
from mtnas_tf.config import DataConfig, ExperimentConfig, ModelConfig

def get_config():
    return ExperimentConfig(
        data=DataConfig(name="toy", data_dir="data"),
        model=ModelConfig(units=5, baselines=("mmoe",)),
        seed=3,
    )
"""
EXPECTED = ExperimentConfig(
    data=DataConfig(name="toy", data_dir="data"),
    model=ModelConfig(units=5, baselines=("mmoe",)),
    seed=3,
)


@pytest.fixture
def path(tmp_path):
    (tmp_path / "toy.py").write_text(SOURCE)
    return tmp_path / "toy.py"


@pytest.mark.parametrize("kind", [str, Path])
def test_python_file(path, kind):
    assert load_config(kind(path)) == EXPECTED


def test_config_of_a_run(tmp_path):
    (tmp_path / "config.json").write_text(EXPECTED.to_json())
    assert load_config(tmp_path / "config.json") == EXPECTED
    changed = load_config(tmp_path / "config.json", ["seed=4"])
    assert changed == dataclasses.replace(EXPECTED, seed=4)


@pytest.mark.parametrize("file", CONFIG_FILES, ids=lambda file: file.stem)
def test_json_keeps_the_configs(file):
    config = load_config(file)
    again = ExperimentConfig.from_json(config.to_json())
    assert again == config
    assert hash(again) == hash(config)  # tuples, not lists
    assert again.to_json() == config.to_json()


def test_json_may_leave_out_what_has_a_default():
    config = ExperimentConfig.from_json('{"optim": {"epochs": 7}}')
    assert config == ExperimentConfig(optim=OptimConfig(epochs=7))


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("optim.epochs=7", 7),
        ("optim.learning_rate=1e-3", 1e-3),
        ("optim.learning_rate=0.5", 0.5),
        ("optim.learning_rate=1", 1.0),
        ("optim.jit_compile=false", False),
        ("optim.jit_compile=False", False),
        ("optim.jit_compile=True", True),
        ("optim.balancing=pcgrad", "pcgrad"),
        ("optim.balancing=none", None),
        ("base.stem_units=none", None),
        ("base.stem_units=None", None),
        ("base.stem_units=64", 64),
        ("base.normalization=none", None),
        ("base.normalization=batch", "batch"),
        ("data.data_dir=null", None),
        ("data.data_dir=1", "1"),
        ("data.data_dir=a=b.c", "a=b.c"),
        ("data.name=synthetic_mtl/p90", "synthetic_mtl/p90"),
        ("data.num_buckets=10", 10),
        ("data.storage=disk", "disk"),
        ("data.shuffle_window=65536", 65_536),
        ("model.baselines=mmoe", ("mmoe",)),
        ("model.baselines=mmoe,single_task", ("mmoe", "single_task")),
        ('model.baselines=["mmoe"]', ("mmoe",)),
        ("model.baselines=[]", ()),
        ("model.baselines=", ()),
        ("model.baselines=mmoe, ple", ("mmoe", "ple")),
        ('table.tasks=["a, b"]', ("a, b",)),
        ("table.tasks=1", ("1",)),
        ("table.tasks=true,2024", ("true", "2024")),
        ("search.candidates.cost_weights=0.03,0.1", (0.03, 0.1)),
        ("search.candidates.cost_weights=.03, 1.", (0.03, 1.0)),
        ("optim.learning_rate=.004", 0.004),
        ("search.candidates.cost_weights=0, 1e-2", (0.0, 0.01)),
        ("search.candidates.cost_weights=0.03", (0.03,)),
        ("search.candidates.cost_weights=[0, 0.03]", (0.0, 0.03)),
        ("table.fractions=0.8,0.1,0.1", (0.8, 0.1, 0.1)),
        ("search.supernet.route_learning_rate=1", 1.0),
        ("search.weights=inherit", "inherit"),
        ("seed=12", 12),
    ],
)
def test_override(path, override, value):
    config = load_config(path, [override])
    key = override.partition("=")[0]
    received = config
    for name in key.split("."):
        received = getattr(received, name)
    assert received == value
    assert type(received) is type(value)
    if isinstance(value, tuple):
        assert [type(v) for v in received] == [type(v) for v in value]
    # Nothing else has changed.
    changed, same = dataclasses.asdict(config), dataclasses.asdict(EXPECTED)
    *sections, name = key.split(".")
    for values in (changed, same):
        for section in sections:
            values = values[section]
        del values[name]
    assert changed == same


def test_of_two_overrides_for_a_key_the_last_counts(path):
    config = load_config(path, ["seed=1", "model.units=9", "seed=2"])
    assert (config.seed, config.model.units) == (2, 9)


def test_overrides_are_applied_at_once(path):
    # Either alone would break a rule.
    overrides = ["table.split=time", "table.split_column=day"]
    assert load_config(path, overrides).table.split_column == "day"
    overrides = ["search.supernet.warmup_epochs=4", "search.supernet.epochs=5"]
    assert load_config(path, overrides).search.supernet.warmup_epochs == 4


def test_elements_of_a_tuple_have_one_type():
    for section in dataclasses.fields(ExperimentConfig):
        if not dataclasses.is_dataclass(section.type):
            continue
        for kind in typing.get_type_hints(section.type).values():
            if typing.get_origin(kind) is tuple:
                assert typing.get_args(kind)[1:] == (...,)


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("optim.epoch=1", "`optim.epoch` is no key of OptimConfig.*'epochs'"),
        ("optimizer.epochs=1", "`optimizer.epochs` is no key of Exp.*'optim'"),
        ("sed=1", "`sed` is no key of ExperimentConfig.*'seed'"),
        ("=1", "`` is no key of ExperimentConfig"),
        ("optim.epoch=1", "Did you mean `optim.epochs`"),
        ("optimizer.epochs=1", "Did you mean `optim.epochs`"),
        ("epochs=1", "Did you mean `optim.epochs`"),
        ("search.num_rounds=1", "mean `search.candidates.num_rounds`"),
        ("search.candidate.num_rounds=1", "`search.candidates.num_rounds`"),
        ("model.searches=reinforce", "`search.compared` now"),
        ("search.estimator=paper", "`search.method` now"),
        ("search.patience=1", "`search.supernet.patience` now"),
        ("candidates.num_places=4", "`search.candidates.num_places` now"),
        ("seed.value=1", "`seed` has no fields. Received: seed.value"),
        ("optim.epochs=many", "`optim.epochs` must be.*'many'"),
        ("optim.epochs=1.5", "`optim.epochs` must be.*int.*epochs=1.5"),
        ("optim.epochs=true", "`optim.epochs` must be.*epochs=True"),
        ("optim.epochs=none", "`optim.epochs` must be.*'none'"),
        ("optim.learning_rate=", "`optim.learning_rate` must be.*float"),
        ("optim.learning_rate=true", "`optim.learning_rate` must be.*=True"),
        ("optim.jit_compile=1", "`optim.jit_compile` must be.*bool.*=1"),
        ("base.stem_units=big", r"`base.stem_units` must be int \| None"),
        (
            "search.candidates.cost_weights=a,b",
            "`search.candidates.cost_.*float.*='a'",
        ),
        (
            "search.candidates.cost_weights=0.1,",
            "`search.candidates.cost_.*float.*=''",
        ),
        (
            "search.candidates.cost_weights=none",
            "`search.candidates.cost_.*float.*='none'",
        ),
        (
            'search.candidates.cost_weights=["0.1"]',
            "`search.cand.*must be float.*='0.1'",
        ),
        ("model.baselines=[1]", "`model.baselines` must be str.*=1"),
        ("optim=1", "`optim` must be.*OptimConfig.*optim=1"),
        ("optim.epochs", "`--set` must look like section.key=value.*epochs'"),
    ],
)
def test_invalid_override(path, override, message):
    with pytest.raises(ValueError, match=message):
        load_config(path, [override])


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("data.name=", "`data.name` must name a data set"),
        ("data.batch_size=0", "`data.batch_size` must.* at least 1.*=0"),
        ("data.split_seed=-1", "`data.split_seed` must.* at least 0.*=-1"),
        ("data.holdout=1", "`data.holdout` must lie in .0, 1.*=1.0"),
        ("data.storage=tape", "`data.storage` must be one of.*='tape'"),
        ("table.tasks=a,,b", "`table.tasks` must name columns.*'', 'b'"),
        ("table.exclude=a,a", "`table.exclude` must.*each once"),
        ("table.split=name", "`table.split` must be one of.*='name'"),
        ("table.split=time", "`table.split_column` must be given.*'time'"),
        ("table.fractions=0.8,0.2", "`table.fractions` must be three"),
        ("base.embedding_dim=0", "`base.embedding_dim` must.*=0"),
        ("base.field_widths=item", "`base.field_widths` must.*'item'"),
        ("base.field_widths=item:0", "`base.field_widths` must.*'item:0'"),
        ("base.field_widths=:4", "`base.field_widths` must.*':4'"),
        (
            "search.candidates.subnetwork_units=8,0",
            "`search.candidates.subnetwork_units` must hold ints above 0",
        ),
        ("optim.loss_weights=like", "`optim.loss_weights` must.*'like'"),
        ("optim.loss_weights=:2", "`optim.loss_weights` must.*':2'"),
        ("optim.loss_weights=a:2,a:3", "`optim.loss_weights` must.*'a:3'"),
        *(
            (
                f"model.mmoe_loss_weights=like:{weight}",
                f"`model.mmoe_loss_weights` must.*'like:{weight}'",
            )
            for weight in ("0", "-1", "nan", "inf", "")
        ),
        ("base.normalization=group", "`base.normalization` must be.*'group'"),
        ("base.dropout_rate=-0.1", "`base.dropout_rate` must lie.*=-0.1"),
        ("base.table_stddev=0", "`base.table_stddev` must be.*=0.0"),
        ("model.units=0", "`model.units` must be.*=0"),
        ("model.aggregation=max", "`model.aggregation` must be one of.*'max'"),
        ("model.baselines=mmoe,,ple", "`model.baselines` must be one of.*=''"),
        ("model.baselines=mmoo", "`model.baselines` must be.*'ple'.*='mmoo'"),
        ("model.baselines=mtnas", "`model.baselines` must be one of.*'mtnas'"),
        ("model.baselines=auto_mtl", "`model.baselines` must be one of"),
        ("model.baselines=mmoe,mmoe", "`model.baselines` must name each once"),
        ("optim.learning_rate=-1", "`optim.learning_rate` must be.*=-1.0"),
        ("optim.learning_rate=NaN", "`optim.learning_rate` must be.*=nan"),
        ("optim.weight_decay=-1", "`optim.weight_decay` must be.*=-1.0"),
        ("optim.weight_decay=Infinity", "`optim.weight_decay` must be.*=inf"),
        ("optim.semantics=sparse", "`optim.semantics` must be one of"),
        ("optim.balancing=pcgrab", r"`optim.balancing` must be one.*'pcgrad'"),
        ("optim.epochs=0", "`optim.epochs` must be an int of at least 1.*=0"),
        ("optim.patience=-1", "`optim.patience` must.* at least 0.*=-1"),
        ("search.method=supernet", "`search.method` must be.*='supernet'"),
        ("search.method=paper_setting", "`search.method` must be one of"),
        ("search.compared=auto_mtl", "`search.compared` must be one of"),
        ("search.compared=guess", "`search.compared` must be.*='guess'"),
        ("search.weights=new", "`search.weights` must be one of.*='new'"),
        ("search.supernet.epochs=0", "`search.supernet.epochs` must.*=0"),
        ("search.supernet.epochs=1", "`search.supernet.warmup_epochs` must"),
        ("search.supernet.reward=auc", "`search.supernet.reward` must be one"),
        ("search.supernet.route_learning_rate=0", "route_learning_rate=0.0"),
        ("search.candidates.strategy=guess", "candidates.strategy='guess'"),
        ("search.candidates.draws=sparse", "candidates.draws='sparse'"),
        ("search.candidates.num_rounds=0", "candidates.num_rounds=0"),
        ("search.candidates.cost_weights=", "`search.candidates.cost_w.*one"),
        ("search.candidates.cost_weights=-1", "none below 0.*=.-1.0,"),
        ("search.candidates.cost_weights=NaN", "none below 0.*nan"),
        ("seed=-1", "`seed` must be an int of at least 0. Received: seed=-1"),
    ],
)
def test_a_value_that_breaks_a_rule(path, override, message):
    with pytest.raises(ValueError, match=message):
        load_config(path, [override])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: OptimConfig(epochs=0), "`optim.epochs` must be.*=0"),
        (lambda: OptimConfig(epochs="3"), "`optim.epochs` must be int.*='3'"),
        (lambda: ModelConfig(baselines="mmoe"), "`model.baselines` must be tu"),
        (lambda: SearchConfig(method="guess"), "`search.method` must be one"),
    ],
)
def test_sections_check_themselves(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (
            {"candidates": {"num_places": 4}},
            "`candidates` is `search.cand.* now",
        ),
        ({"model": {"searches": ["a"]}}, "`model.searches` is `search.compar"),
        ({"search": {"estimator": "paper"}}, "`search.estimator` is `search.m"),
        ({"optim": {"epoch": 1}}, "`optim.epoch` is no key of OptimConfig"),
        ({"seed": "0"}, "`seed` must be.*int.*seed='0'"),
        ({"model": {"baselines": "mmoe"}}, "`model.baselines` must be tuple"),
        (
            {"search": {"candidates": {"cost_weights": ["0.1"]}}},
            "`search.candidates.cost_weights` must be float.*='0.1'",
        ),
        ({"table": {"tasks": [1]}}, "`table.tasks` must be str.*=1"),
        ({"optim": 3}, "`optim` must hold the keys of OptimConfig.*: 3"),
        ([1], "`config` must hold the keys of ExperimentConfig"),
    ],
)
def test_invalid_json(tmp_path, data, message):
    (tmp_path / "config.json").write_text(json.dumps(data))
    with pytest.raises(ValueError, match=message):
        load_config(tmp_path / "config.json")


def test_text_that_is_no_json(tmp_path):
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(ValueError, match="line 1"):
        load_config(tmp_path / "config.json")


@pytest.mark.parametrize("name", ["absent.py", "absent.json", "."])
def test_missing_file(tmp_path, name):
    with pytest.raises(FileNotFoundError, match="There is no config file"):
        load_config(tmp_path / name)


def test_file_without_get_config(tmp_path):
    (tmp_path / "toy.py").write_text("config = 1\n")
    with pytest.raises(ValueError, match="must have `get_config`.*toy.py"):
        load_config(tmp_path / "toy.py")


SWEEP_FILE = """
from mtnas_tf.config import ExperimentConfig, Sweep

def get_sweep():
    variants = {"plain": (), "wide": ("model.units=9", "seed=4")}
    return Sweep(title="Toy", config=ExperimentConfig(), variants=variants)
"""


def test_variants_of_a_sweep(tmp_path):
    path = tmp_path / "toy.py"
    path.write_text(SWEEP_FILE)
    sweep = load_sweep(path, ["seed=3", "optim.epochs=5"])
    plain, wide = sweep.configs().values()
    assert list(sweep.configs()) == ["plain", "wide"]
    assert plain == sweep.config
    assert (plain.seed, plain.model.units) == (3, 64)
    assert (wide.seed, wide.model.units) == (4, 9)
    assert plain.optim.epochs == wide.optim.epochs == 5


def test_invalid_sweep_file(path, tmp_path):
    with pytest.raises(ValueError, match="must have `get_sweep`.*toy.py"):
        load_sweep(path)
    with pytest.raises(FileNotFoundError, match="There is no config file"):
        load_sweep(tmp_path / "absent.py")


@pytest.mark.parametrize("text", ["a, b", " a,b ", '["a", "b"]'])
def test_blanks_around_names(text):
    config = override(ExperimentConfig(), [f"table.tasks={text}"])
    assert config.table.tasks == ("a", "b")


def test_draws_are_uniform_of_some_strategies_alone():
    uniform = {"draws": "uniform"}
    config = with_section(ExperimentConfig(), "search.candidates", **uniform)
    with pytest.raises(ValueError, match="`search.candidates.strategy` must"):
        with_section(config, "search.candidates", strategy="evolution")
