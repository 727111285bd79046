"""Plans a search or a comparison within a budget of time."""

import dataclasses
import json
from collections.abc import Callable
from collections.abc import Iterator
from typing import Any

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.config.candidates_config import HALVING
from mtnas_tf.config.search_config import CANDIDATES
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.comparison.effort import num_compilations
from mtnas_tf.experiment.comparison.methods import BASELINE
from mtnas_tf.experiment.comparison.methods import WEIGHTED
from mtnas_tf.experiment.effort import search_effort
from mtnas_tf.experiment.pace import Pace

# Baselines in the order in which they are left out, after all others; MMoE
# stays.
MORE_NEEDED = ("ml_mmoe", "ple", "cgc", "single_task", "shared_bottom")
SHARE_OF_TRAINING = 0.9  # the rest of a budget is for all else


@dataclasses.dataclass(frozen=True)
class Plan:
    """A config and the trainings for which a budget has time.

    Args:
        config: `ExperimentConfig`.
        num_seeds: int. Seeds on every split of a comparison. Defaults to `1`.
        num_splits: int. Defaults to `1`.
        left_out: descriptions of the parts left out. Defaults to `()`.
        minutes: float. How long it may take. Defaults to `0.0`.
    """

    config: ExperimentConfig
    num_seeds: int = 1
    num_splits: int = 1
    left_out: tuple[str, ...] = ()
    minutes: float = 0.0

    def tell(self, budget: float, say: Callable[[str], None]) -> None:
        """Reports the plan before the training begins.

        Args:
            budget: minutes that the user allows.
            say: called with lines of text.
        """
        for line in self.lines(budget):
            say(line)

    def lines(self, budget: float) -> list[str]:
        """The lines that `tell` reports."""
        lines = [f"about {_minutes(self.minutes)} of training"]
        if self.left_out:
            lines.append(
                f"left out for a budget of {_minutes(budget)}: "
                f"{', '.join(self.left_out)} (`--budget none` trains all)"
            )
        if self.minutes > budget:
            lines.append(
                f"more than the budget of {_minutes(budget)}: less would be "
                "no search. Fewer `optim.epochs` or rows take less"
            )
        return lines

    def to_json(self) -> str:
        """The plan as JSON."""
        values = dataclasses.asdict(self)
        return json.dumps({**values, "config": self.config.to_json()})

    @classmethod
    def from_json(cls, text: str) -> "Plan":
        """The inverse of `to_json`."""
        values = json.loads(text)
        config = ExperimentConfig.from_json(values.pop("config"))
        left_out = tuple(values.pop("left_out"))
        return cls(config=config, left_out=left_out, **values)


def plan_search(config: ExperimentConfig, pace: Pace, budget: float) -> Plan:
    """Plans as many rounds of a search as a budget allows, at least one.

    Args:
        config: `ExperimentConfig`.
        pace: `Pace` of its trainer, which is compiled.
        budget: minutes.
    """
    for plan in _fewer_rounds(Plan(config)):
        seconds = pace.training * search_effort(plan.config)
        plan = dataclasses.replace(plan, minutes=seconds / 60)
        if plan.minutes <= budget * SHARE_OF_TRAINING:
            break
    return plan


def plan_comparison(
    config: ExperimentConfig,
    num_seeds: int,
    num_splits: int,
    tasks: tuple[str, ...],
    pace: Pace,
    budget: float,
) -> Plan:
    """Plans as much of a comparison as a budget allows.

    Left out are, in this order: searches in a supernet, seeds, splits, further
    cost weights, rounds of the search and with them trainings of every control,
    baselines, MMoE with loss weights. What is left is one search among
    candidates beside MMoE, or MMoE alone where there is no search.

    Args:
        config: `ExperimentConfig`.
        num_seeds: int > 0.
        num_splits: int > 0.
        tasks: names.
        pace: `Pace` of the search's trainer.
        budget: minutes.
    """
    for plan in _smaller(Plan(config, num_seeds, num_splits)):
        sizes = plan.num_seeds, plan.num_splits
        effort = comparison_effort(plan.config, *sizes, tasks)
        compilations = num_compilations(
            plan.config, plan.num_seeds * plan.num_splits, len(tasks)
        )
        seconds = pace.training * effort + pace.compilation * compilations
        plan = dataclasses.replace(plan, minutes=seconds / 60)
        if plan.minutes <= budget * SHARE_OF_TRAINING:
            break
    return plan


def _smaller(plan: Plan) -> Iterator[Plan]:
    """A comparison and ever smaller ones."""
    yield plan
    compared = plan.config.search.compared
    others = [name for name in compared if name != CANDIDATES]
    if others and CANDIDATES in compared:
        name = f"search in a supernet ({', '.join(others)})"
        plan = _with(plan, name, "search", compared=(CANDIDATES,))
        yield plan
    for name in ("num_seeds", "num_splits"):
        full, count = plan, getattr(plan, name)
        for fewer in range(count - 1, 0, -1):
            noun = f"{count - fewer} of {count} {name.removeprefix('num_')}"
            left_out = (*full.left_out, noun)
            sizes: dict[str, Any] = {name: fewer, "left_out": left_out}
            plan = dataclasses.replace(full, **sizes)
            yield plan
    if compared:
        for each in _less_of_a_search(plan):
            plan = each
            yield plan
    baselines = plan.config.model.baselines
    others = [n for n in baselines if n not in (BASELINE, *MORE_NEEDED)]
    for name in (*others, *MORE_NEEDED):
        if name in baselines and len(baselines) > 1:
            baselines = tuple(each for each in baselines if each != name)
            plan = _with(plan, name, "model", baselines=baselines)
            yield plan
    if plan.config.model.mmoe_loss_weights:
        yield _with(plan, WEIGHTED, "model", mmoe_loss_weights=())


def _less_of_a_search(plan: Plan) -> Iterator[Plan]:
    """A search of one cost weight, then of ever fewer rounds."""
    first, *weights = plan.config.search.candidates.cost_weights
    if weights:
        noun = f"cost weights {', '.join(f'{w:g}' for w in weights)}"
        plan = _with(plan, noun, "search.candidates", cost_weights=(first,))
        yield plan
    yield from _fewer_rounds(plan)


def _fewer_rounds(plan: Plan) -> Iterator[Plan]:
    """A search of ever fewer rounds."""
    yield plan
    settings = plan.config.search.candidates
    count = settings.num_rounds
    for fewer in range(count - 1, 0, -1):
        noun = f"{count - fewer} of {count} rounds of the search"
        yield _with(plan, noun, "search.candidates", num_rounds=fewer)
    if settings.num_final_rounds and settings.strategy != HALVING:
        noun = "the final round of the search"
        if count > 1:
            noun = f"{count - 1} of {count} rounds of the search and the final"
        values = {"num_rounds": 1, "num_final_rounds": 0}
        yield _with(plan, noun, "search.candidates", **values)


def _with(plan: Plan, left_out: str, section: str, **values: object) -> Plan:
    config = with_section(plan.config, section, **values)
    return dataclasses.replace(
        plan, config=config, left_out=(*plan.left_out, left_out)
    )


def _minutes(minutes: float) -> str:
    if minutes < 1:
        return f"{max(minutes * 60, 1):.0f} s"
    return f"{minutes:.0f} min"
