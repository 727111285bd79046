import dataclasses

import pytest

from mtnas_tf.config import ExperimentConfig
from mtnas_tf.config import with_section
from mtnas_tf.experiment.budget import Plan
from mtnas_tf.experiment.budget import plan_comparison
from mtnas_tf.experiment.budget import plan_search
from mtnas_tf.experiment.comparison.effort import comparison_effort
from mtnas_tf.experiment.effort import search_effort
from mtnas_tf.experiment.effort import trainings_of_search
from mtnas_tf.experiment.pace import Pace

CONFIG = ExperimentConfig()  # 4 rounds and a final one, of 8 networks
TASKS = ("click", "buy")
MINUTE = Pace(compilation=0.0, training=60.0)


def compared(budget, pace=MINUTE, config=CONFIG, num_seeds=3, num_splits=2):
    return plan_comparison(config, num_seeds, num_splits, TASKS, pace, budget)


@pytest.mark.parametrize(
    ("budget", "num_rounds", "num_final_rounds", "left_out"),
    [
        (100, 4, 1, ()),
        (5.6, 4, 1, ()),
        (5.5, 3, 1, ("1 of 4 rounds of the search",)),
        (2.3, 1, 1, ("3 of 4 rounds of the search",)),
        (1.2, 1, 0, ("3 of 4 rounds of the search and the final",)),
        (0.1, 1, 0, ("3 of 4 rounds of the search and the final",)),
    ],
)
def test_rounds_of_a_search(budget, num_rounds, num_final_rounds, left_out):
    plan = plan_search(CONFIG, MINUTE, budget)
    settings = plan.config.search.candidates
    assert settings.num_rounds == num_rounds
    assert settings.num_final_rounds == num_final_rounds
    assert plan.left_out == left_out
    assert plan.minutes == num_rounds + num_final_rounds
    lines = plan.lines(budget)
    assert lines[0] == f"about {plan.minutes:.0f} min of training"
    assert ("left out for a budget of" in lines[-1]) == (
        bool(left_out) and budget > 1
    )
    assert any("more than the budget" in line for line in lines) == (budget < 1)


def test_nothing_else_of_a_search_changes():
    plan = plan_search(CONFIG, MINUTE, 0.1)
    values = {"num_rounds": 4, "num_final_rounds": 1}
    assert with_section(plan.config, "search.candidates", **values) == CONFIG


def test_halving():
    config = with_section(CONFIG, "search.candidates", strategy="halving")
    # 4 rounds of one epoch of three, then one of three.
    assert search_effort(config) == pytest.approx(4 / 3 + 1)
    assert trainings_of_search(config) == 32 + 8
    plan = plan_search(config, MINUTE, 2)
    assert plan.config.search.candidates.num_rounds == 2
    assert plan.config.search.candidates.num_final_rounds == 1


def test_a_comparison_with_time_is_whole():
    plan = compared(1e6)
    assert (plan.config, plan.num_seeds, plan.num_splits) == (CONFIG, 3, 2)
    assert plan.left_out == ()
    assert plan.minutes == comparison_effort(CONFIG, 3, 2, TASKS)
    assert len(plan.lines(1e6)) == 1


def test_what_is_left_out_first():
    whole = compared(1e6).minutes
    plan = compared(whole * 1.1)  # of which a tenth is a reserve
    assert plan.left_out == ("search in a supernet (reinforce)",)
    assert plan.config.search.compared == ("candidates",)
    assert (plan.num_seeds, plan.num_splits) == (3, 2)
    seen = [plan]
    while seen[-1].minutes > 0.01:
        plan = compared(seen[-1].minutes)
        if plan == seen[-1]:
            break
        assert plan.minutes < seen[-1].minutes
        seen.append(plan)
    sizes = [(each.num_seeds, each.num_splits) for each in seen]
    assert sizes == sorted(sizes, reverse=True)
    rounds = [each.config.search.candidates.num_rounds for each in seen]
    assert rounds == sorted(rounds, reverse=True)
    assert all(each.num_seeds == 1 for each in seen if each.num_splits < 2)
    last = seen[-1]
    assert last.config.model.baselines == ("mmoe",)
    assert "mmoe" not in last.left_out
    assert last.left_out[-3:] == ("ml_mmoe", "single_task", "shared_bottom")
    assert "more than the budget" in last.lines(last.minutes / 2)[-1]


def test_every_baseline_but_mmoe_may_be_left_out():
    baselines = ("cgc", "mmoe", "snr_trans", "shared_bottom", "omoe")
    config = with_section(
        CONFIG, "model", baselines=baselines, mmoe_loss_weights=("buy:2",)
    )
    plan = compared(0.01, config=config)
    assert plan.config.model.baselines == ("mmoe",)
    *_, first, second, third, fourth, last = plan.left_out
    assert (first, second) == ("snr_trans", "omoe")
    assert (third, fourth) == ("cgc", "shared_bottom")
    assert last == "mmoe_weighted" and not plan.config.model.mmoe_loss_weights


def test_methods_without_a_search():
    for names, last in ((("ple", "mmoe"), "mmoe"), (("ple", "cgc"), "cgc")):
        config = with_section(CONFIG, "model", baselines=names)
        config = with_section(config, "search", compared=())
        plan = compared(0.01, config=config)
        assert plan.left_out == ("2 of 3 seeds", "1 of 2 splits", "ple")
        assert plan.config.model.baselines == (last,)


@pytest.mark.parametrize("budget", [5, 17, 40, 90, 200, 1000])
@pytest.mark.parametrize("compilation", [0.0, 30.0])
def test_a_plan_fits_or_is_the_least(budget, compilation):
    plan = compared(budget, Pace(compilation, 20.0))
    least = plan.config.model.baselines == ("mmoe",)
    assert plan.minutes <= 0.9 * budget or least


def test_other_cost_weights_are_left_out():
    config = with_section(
        CONFIG, "search.candidates", cost_weights=(0.0, 0.1, 0.03)
    )
    plan = compared(25, config=config, num_seeds=1, num_splits=1)
    assert plan.config.search.candidates.cost_weights == (0.0,)
    assert "cost weights 0.1, 0.03" in plan.left_out


def test_a_comparison_without_candidates():
    config = with_section(CONFIG, "search", compared=("reinforce",))
    plan = compared(0.1, config=config)
    assert plan.config.search.compared == ("reinforce",)
    assert trainings_of_search(config) == 1


def test_json():
    plan = compared(20)
    assert Plan.from_json(plan.to_json()) == plan
    assert dataclasses.asdict(plan)["left_out"]
