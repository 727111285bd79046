"""What an experiment is: frozen values, overridable from the command line.

A config file is Python with `get_config() -> ExperimentConfig`, or with
`get_sweep() -> Sweep` for several of them. A run writes its resolved config as
JSON and can be repeated from it.
"""

import dataclasses
import json
import runpy
import types
import typing
from collections.abc import Iterable
from collections.abc import Mapping
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtnas_preprocessing import local_path


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataConfig:
    """Which rows, and how many at a time. See `mtnas_tf.data.load`.

    Without a `batch_size` it is chosen by the number of training rows.
    """

    name: str = "book_crossing"
    data_dir: str | None = None
    batch_size: int | None = None
    reward_batch_size: int = 1024
    num_buckets: int | None = None
    min_count: int | None = None
    split_seed: int = 0
    holdout: float = 0.0
    reads_holdout: bool = False
    storage: str = "auto"
    shuffle_window: int = 2**20


@dataclasses.dataclass(frozen=True, kw_only=True)
class TableConfig:
    """A table of the user's own, in place of a data set.

    Args:
        path: a CSV or Parquet file, see `mtnas_tf.data.from_file`; `None` for
            the data set that `DataConfig` names. Batches, size of the embedding
            table and seed of the split are `DataConfig`'s all the same.
        tasks: names of the columns that are labels, if there is no schema.
        schema: path of a `DatasetSchema` that was saved; inferred if `None`.
        exclude: columns that are no fields, if there is no schema.
        split, split_column, fractions: see `mtnas_tf.data.RowSplit`.
    """

    path: str | None = None
    tasks: tuple[str, ...] = ()
    schema: str | None = None
    exclude: tuple[str, ...] = ()
    split: str = "random"
    split_column: str | None = None
    fractions: tuple[float, ...] = (0.8, 0.1, 0.1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class BaseConfig:
    """The base net's shape, alike in every model. See `MultiTaskModel`.

    `table_stddev` is the standard deviation of the table's initializer.
    """

    embedding_dim: int = 10
    stem_units: int | None = None
    normalization: str | None = "layer"
    gate_normalization: str | None = "batch"
    dropout_rate: float = 0.0
    table_stddev: float = 1e-4


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes of the sharing methods, and which of them to compare.

    Args:
        num_layers, num_subnetworks, units, query_scope, root_query,
            aggregation, dedup_singletons, merge_singletons: of the supernet,
            see `MTNAS`.
        baselines: names of the zoo that `compare` trains beside the search.
        searches: how `compare` searches: `"candidates"` (networks trained by
            themselves, see `CandidatesConfig`), an estimator of
            `mtnas_tf.search.supernet.estimators` (in the supernet), or
            `"paper_setting"` (the paper's search in the paper's shape, see
            `configs/paper.py`, whatever the rest of the config says).
        match_parameters: whether the widths of the baselines are chosen so
            that their dense parameters are as many as the derived network's;
            they have the supernet's units otherwise.
        mmoe_recipes: names of further base nets that `compare` trains MMoE
            with, see `mtnas_tf.experiment.comparison.recipes`.
    """

    num_layers: int = 2
    num_subnetworks: int = 4
    units: int = 64
    query_scope: str = "prev"
    root_query: str = "features"
    aggregation: str = "gate"
    dedup_singletons: bool = False
    merge_singletons: bool = True
    baselines: tuple[str, ...] = (
        "single_task",
        "shared_bottom",
        "mmoe",
        "ml_mmoe",
    )
    searches: tuple[str, ...] = ("candidates", "reinforce")
    match_parameters: bool = True
    mmoe_recipes: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True, kw_only=True)
class OptimConfig:
    """Training of weights. See `SparseAdam`.

    Training stops when the validation loss has not improved for `patience`
    epochs, and keeps the best epoch's weights. `tuned` is a `tune.json` that
    `mtnas tune` wrote: every method then takes its own learning rate and weight
    decay from there.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 1e-5
    semantics: str = "exact"
    epochs: int = 3
    patience: int = 1
    jit_compile: bool = True
    tuned: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Search of the route, and search in a supernet: see `SearchModel.compile`.

    `method` is `"candidates"` (see `CandidatesConfig`) or `"supernet"`, which
    all other values are about.
    It takes `epochs`, or ends when the validation loss of the network at its
    most probable route, weights inherited, has not improved for `patience`
    epochs, and keeps the best epoch's weights and routes; with `None` it keeps
    the last.
    `num_routes` and `route_learning_rate` are arguments of the estimator; with
    `None` they are its own. `weights` says what the derived network starts
    from: `"inherit"` (the supernet's weights), `"finetune"` (trained further)
    or `"retrain"` (fresh).
    """

    method: str = "candidates"
    epochs: int = 3
    patience: int | None = None
    warmup_epochs: int = 1
    estimator: str = "reinforce"
    num_routes: int | None = None
    route_learning_rate: float | None = None
    reward: str = "auc_sum"
    weights: str = "retrain"


@dataclasses.dataclass(frozen=True, kw_only=True)
class CandidatesConfig:
    """Search among networks trained by themselves. See `CandidateSearch`.

    Args:
        value_scope: of the space, see `RouteSpace`.
        num_places: networks trained side by side, see `RoutePopulation`.
        strategy: `"surrogate"`, `"evolution"` or `"random"`, or `"halving"`,
            see `HalvingSearch`, which has no final rounds.
        num_rounds, num_final_rounds, num_finalists: see `CandidateSearch`.
        cost_weights: of the searches that `compare` makes, see
            `CandidateSearch`; the cost is the multiply-adds of a route as a
            share of the full route's.
        num_retrainings: fresh trainings of a searched route that `compare`
            averages.
    """

    value_scope: str = "all_prev"
    num_places: int = 8
    strategy: str = "surrogate"
    num_rounds: int = 4
    num_final_rounds: int = 1
    num_finalists: int = 4
    cost_weights: tuple[float, ...] = (0.0,)
    num_retrainings: int = 4


@dataclasses.dataclass(frozen=True, kw_only=True)
class ExperimentConfig:
    """Everything that determines a run."""

    data: DataConfig = DataConfig()
    table: TableConfig = TableConfig()
    base: BaseConfig = BaseConfig()
    model: ModelConfig = ModelConfig()
    optim: OptimConfig = OptimConfig()
    search: SearchConfig = SearchConfig()
    candidates: CandidatesConfig = CandidatesConfig()
    seed: int = 0

    @property
    def dataset(self) -> str:
        """Name of what is read."""
        if self.table.path is None:
            return self.data.name
        return Path(self.table.path).name

    def to_json(self) -> str:
        """The config as JSON."""
        return json.dumps(dataclasses.asdict(self), indent=2)

    @classmethod
    def from_json(cls, text: str) -> "ExperimentConfig":
        """The inverse of `to_json`."""
        return _from_dict(cls, json.loads(text), "")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sweep:
    """One experiment, repeated with some of its values changed.

    Args:
        title: string.
        config: `ExperimentConfig` that all variants start from.
        variants: dict label -> overrides as of `load_config`. The first is
            what others are compared with.
    """

    title: str
    config: ExperimentConfig
    variants: Mapping[str, Sequence[str]]

    def configs(self) -> dict[str, ExperimentConfig]:
        """Label -> the variant's config."""
        return {
            label: override(self.config, overrides)
            for label, overrides in self.variants.items()
        }

    def to_json(self) -> str:
        """Title and variants' configs as JSON."""
        configs = self.configs().items()
        variants = {name: dataclasses.asdict(each) for name, each in configs}
        return json.dumps({"title": self.title, "variants": variants}, indent=2)


def with_section(
    config: ExperimentConfig, section: str, **values: Any
) -> ExperimentConfig:
    """The config with other values in one of its sections."""
    changed = dataclasses.replace(getattr(config, section), **values)
    return dataclasses.replace(config, **{section: changed})


def load_config(
    path: str | Path, overrides: Iterable[str] = ()
) -> ExperimentConfig:
    """Reads a config file and applies overrides.

    Args:
        path: a Python file with `get_config()`, or a run's `config.json`.
        overrides: strings `"section.key=value"` (or `"seed=value"`). The value
            is JSON where it is not a string; `none` is `None`. Elements of a
            tuple may be written `a,b`, and are of the field's type.

    Returns:
        `ExperimentConfig`.

    Raises:
        ValueError: for a key that does not exist, or a value of another type;
            it names the keys that do.
        FileNotFoundError: if there is no such file.
    """
    path = _existing(path)
    if path.suffix == ".json":
        config = ExperimentConfig.from_json(path.read_text(encoding="utf-8"))
    else:
        config = _run(path, "get_config")
    return override(config, overrides)


def load_sweep(path: str | Path, overrides: Iterable[str] = ()) -> Sweep:
    """Reads a file with `get_sweep()`; overrides are of what all start from.

    Raises as `load_config` does.
    """
    sweep = _run(_existing(path), "get_sweep")
    config = override(sweep.config, overrides)
    return dataclasses.replace(sweep, config=config)


def override(
    config: ExperimentConfig, overrides: Iterable[str]
) -> ExperimentConfig:
    """Applies overrides, see `load_config`."""
    for override in overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise ValueError(
                "`--set` must look like section.key=value. "
                f"Received: {override!r}"
            )
        config = _replace(config, key.split("."), text, key)
    return config


def names(text: str) -> list[str]:
    """What is written `a, b`: names between commas, blanks around them."""
    parts = [part.strip() for part in text.split(",")]
    return [part for part in parts if part]


def _existing(path: str | Path) -> Path:
    path = local_path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no config file {path}")
    return path


def _run(path: Path, name: str) -> Any:
    get = runpy.run_path(str(path)).get(name)
    if get is None:
        raise ValueError(f"A config file must have `{name}`. Received: {path}")
    return get()


def _replace(config: Any, keys: list[str], text: str, key: str) -> Any:
    field = _field(type(config), keys[0], key)
    if len(keys) > 1:
        section = getattr(config, keys[0])
        if not dataclasses.is_dataclass(section):
            raise ValueError(f"`{keys[0]}` has no fields. Received: {key}")
        value = _replace(section, keys[1:], text, key)
    else:
        value = _parse(_type_of(type(config), field.name), text, key)
    return dataclasses.replace(config, **{keys[0]: value})


def _parse(kind: Any, text: str, key: str) -> Any:
    options = _options(kind)
    if type(None) in options and text.lower() in ("none", "null"):
        return None
    if str in options:
        return text
    elements = [_element(o) for o in options if typing.get_origin(o) is tuple]
    if elements and not text.lstrip().startswith("["):  # a,b,c
        parts = text.split(",") if text.strip() else []
        return tuple(_parse(elements[0], part.strip(), key) for part in parts)
    try:
        value = json.loads(text.lower() if text in ("True", "False") else text)
    except json.JSONDecodeError:
        value = text
    return _checked(kind, value, key)


def _checked(kind: Any, value: Any, key: str) -> Any:
    """`value` as `kind`, which is a plain type, an optional or a tuple."""
    for option in _options(kind):
        if typing.get_origin(option) is tuple:
            if isinstance(value, list | tuple):
                return tuple(_checked(_element(option), v, key) for v in value)
        elif option is float and type(value) is int:
            return float(value)
        elif type(value) is option:
            return value
    name = kind.__name__ if isinstance(kind, type) else kind
    raise ValueError(f"`{key}` must be {name}. Received: {key}={value!r}")


def _options(kind: Any) -> tuple[Any, ...]:
    """The types that a field may have."""
    is_union = typing.get_origin(kind) in (typing.Union, types.UnionType)
    return typing.get_args(kind) if is_union else (kind,)


def _element(kind: Any) -> Any:
    """The type of a tuple's elements: all have one."""
    return typing.get_args(kind)[0]


def _from_dict(cls: Any, data: Any, prefix: str) -> Any:
    if not isinstance(data, dict):
        raise ValueError(
            f"`{prefix.removesuffix('.') or 'config'}` must hold the keys of "
            f"{cls.__name__}. Received: {data!r}"
        )
    values = {}
    for name, value in data.items():
        key = f"{prefix}{name}"
        _field(cls, name, key)
        kind = _type_of(cls, name)
        if dataclasses.is_dataclass(kind):
            values[name] = _from_dict(kind, value, f"{key}.")
        else:
            values[name] = _checked(kind, value, key)
    return cls(**values)


def _field(cls: Any, name: str, key: str) -> Any:
    fields = {field.name: field for field in dataclasses.fields(cls)}
    if name not in fields:
        raise ValueError(
            f"`{key}` is no key of {cls.__name__}, which has {sorted(fields)}."
        )
    return fields[name]


def _type_of(cls: Any, name: str) -> Any:
    return typing.get_type_hints(cls)[name]
