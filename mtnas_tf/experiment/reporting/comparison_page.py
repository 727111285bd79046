"""A comparison as one page for a browser."""

import json
from typing import Any

from mtnas_tf.experiment.comparison.captions import pairs
from mtnas_tf.experiment.comparison.captions import test_rows
from mtnas_tf.experiment.comparison.claim_lines import rival_lines
from mtnas_tf.experiment.comparison.entry_lines import entry_lines
from mtnas_tf.experiment.reporting.comparison_limits import comparison_limits
from mtnas_tf.experiment.reporting.found_routes import routes_section
from mtnas_tf.experiment.reporting.quality_section import domains_section
from mtnas_tf.experiment.reporting.quality_section import quality_section
from mtnas_tf.experiment.reporting.questions import question_section
from mtnas_tf.experiment.reporting.render import render
from mtnas_tf.experiment.reporting.section import Section
from mtnas_tf.experiment.reporting.setup_section import data_section
from mtnas_tf.experiment.reporting.setup_section import setup_section
from mtnas_tf.experiment.reporting.sharing_section import sharing_section
from mtnas_tf.experiment.reporting.tasks_section import tasks_section


def comparison_page(result: dict[str, Any]) -> str:
    """The comparison as one page, which needs no other file.

    Args:
        result: what `compare` returns.

    Returns:
        HTML. What the comparison does not have is left out.
    """
    protocol = result["protocol"]
    lead = f"{test_rows(protocol)}, {pairs(protocol)}, {protocol['date']}."
    return render(
        f"Comparison on {result['dataset']}", lead, comparison_sections(result)
    )


def comparison_sections(result: dict[str, Any]) -> list[Section]:
    """The sections of a comparison.

    Args:
        result: what `compare` returns.
    """
    protocol = result["protocol"]
    known = protocol.get("provenance", {})
    return [
        question_section(result["claims"]),
        quality_section(result),
        routes_section(result),
        tasks_section(result),
        sharing_section(result),
        domains_section(result),
        Section(
            "Does a search have anything to find?",
            [*entry_lines(result), *rival_lines(result)],
        ),
        data_section(
            protocol["rows"],
            protocol.get("labels", {}),
            protocol.get("rarest_labels", {}),
        ),
        setup_section(
            json.loads(json.dumps(protocol["config"])),
            known.get("versions", {}),
            _facts(protocol, known),
        ),
        comparison_limits(result),
    ]


def _facts(protocol: dict[str, Any], known: dict[str, Any]) -> dict[str, str]:
    facts = {"date": protocol["date"], "pairs": pairs(protocol)}
    for key in ("begun", "ended", "config_sha256", "version"):
        if key in known:
            facts[key.replace("_", " ")] = known[key]
    if "selection" in protocol:
        facts["selection"] = protocol["selection"]
    return facts
