"""A run directory as one page for a browser."""

import json
from pathlib import Path
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import load_config
from mtnas_tf.data import DatasetSchema
from mtnas_tf.experiment.about import ABOUT
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.route_figure import HOW
from mtnas_tf.experiment.reporting.route_figure import route_figure
from mtnas_tf.experiment.reporting.run_limits import run_limits
from mtnas_tf.experiment.reporting.run_results import calibration_section
from mtnas_tf.experiment.reporting.run_results import reading_section
from mtnas_tf.experiment.reporting.run_results import results_section
from mtnas_tf.experiment.reporting.run_results import run_domains_section
from mtnas_tf.experiment.reporting.search_section import search_section
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.reporting.setup_section import origin_sections
from mtnas_tf.experiment.reporting.training_section import training_section
from mtnas_tf.experiment.run_files import ROUTE
from mtnas_tf.experiment.run_files import read_metrics
from mtnas_tf.experiment.run_inputs import CONFIG
from mtnas_tf.experiment.run_inputs import SCHEMA
from mtnas_tf.routes import Route


def run_page(run: Path) -> str:
    """A run as one page, which needs no other file.

    Args:
        run: the directory.

    Returns:
        HTML. What the run does not have is left out.
    """
    config = load_config(run / CONFIG)
    about = about_run(run)
    made_by = about.get("made_by", "mtnas")
    lead = ", ".join([made_by, *filter(None, [about.get("date")])])
    title = f"Run on {config.dataset}"
    return render(title, f"{lead}.", run_sections(run, config, about))


def run_sections(
    run: Path, config: ExperimentConfig, about: dict[str, Any]
) -> list[Section]:
    """The sections of a run.

    Args:
        run: the directory.
        config: of the run.
        about: content of `about.json`, empty if there is none.
    """
    metrics = read_metrics(run)
    path = run / SCHEMA  # runs of earlier versions have none
    tasks = DatasetSchema.load(path).tasks if path.is_file() else ()
    return [
        results_section(metrics),
        _route_section(run),
        search_section(run, config),
        training_section(run, tasks),
        calibration_section(run),
        reading_section(run),
        run_domains_section(metrics),
        *origin_sections(about, json.loads(config.to_json())),
        run_limits(run, metrics),
    ]


def about_run(run: Path) -> dict[str, Any]:
    """Content of `about.json`; empty if there is none.

    Args:
        run: the directory.
    """
    return _content(run / ABOUT)


def config_of(run: Path) -> dict[str, Any]:
    """Content of `config.json`; empty if there is none.

    Args:
        run: the directory.
    """
    return _content(run / CONFIG)


def _content(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    return dict(json.loads(path.read_text(encoding="utf-8")))


def _route_section(run: Path) -> Section:
    path = run / ROUTE
    if not path.is_file():
        return Section("The route", [])
    route = Route.load(path)
    figure = route_figure(route, "The route: which task reads which parts.")
    return Section("The route", [HOW, figure, str(route).splitlines()])
