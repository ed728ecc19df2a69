import argparse
from pathlib import Path

import pytest
from _runs_file import Run
from a1_story import ARMS, TASK, configurations, print_tables

from tuner.errors import UserError
from tuner.records import Outcome, OutcomeKind

DATA = Path(__file__).parents[2] / "benchmarks" / "data"
SHIPPED = argparse.Namespace(ppo=None, sac=None, arms=list(ARMS))


def test_the_story_is_about_ppo_and_sac_as_shipped_and_tuned():
    agents = configurations(SHIPPED)
    assert list(agents) == ["ppo_shipped", "ppo_tuned", "sac_default", "sac_quick_fix", "sac_tuned"]
    assert [agent.algorithm for agent in agents.values()] == ["ppo", "ppo", "sac", "sac", "sac"]
    default, fixed = agents["sac_default"], agents["sac_quick_fix"]
    assert (default.action_bound_fraction, default.arguments["ent_coef"]) == (1.0, "auto_1.0")
    assert (fixed.action_bound_fraction, fixed.arguments["ent_coef"]) == (0.03, "auto_0.006")


def test_an_exported_winner_takes_the_place_of_the_shipped_one():
    shipped = configurations(SHIPPED)
    agents = configurations(argparse.Namespace(ppo=None, sac=DATA / "a1_flat.json", arms=["ppo_tuned", "sac_tuned"]))
    assert (agents["sac_tuned"].std_unit, shipped["sac_tuned"].std_unit) == ("box", "degrees")
    assert agents["ppo_tuned"] == shipped["ppo_tuned"]


def test_an_export_of_something_else_is_refused():
    given = argparse.Namespace(ppo=None, sac=DATA / "a1_flat_ppo.json", arms=["sac_tuned"])
    with pytest.raises(UserError, match=r"is an export of ppo on Velocity-Flat-A1 with 256 robots, but .* of sac on"):
        configurations(given)


def run(variant: str, seed: int, to_15: float | None, to_25: float | None, **outcome) -> Run:
    return Run.of(
        Outcome(
            OutcomeKind.EXHAUSTED if to_25 is None else OutcomeKind.REACHED,
            reached_seconds=to_25,
            milestones=[{"goal": 15.0, "reached_seconds": to_15}],
            clock_seconds=900.0,
            env_steps=3_600_000,
            ledger={"simulate": 450.0, "act": 90.0, "learn": 360.0},
            **outcome,
        ),
        [],
        task=TASK.id,
        variant=variant,
        seed=seed,
        target=25.0,
        budget_seconds=900.0,
        threads=1,
        stop_at_target=False,
    )


def at_the_end(mean: float, speed_share: float, failed: float):
    evaluation = {"mean": mean, "metrics": {"speed_share": speed_share}, "failed": failed, "episodes": 256}
    return {"final_return": mean, "final_evaluation": evaluation}


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.split("  ") if cell.strip()]


def test_the_tables_tell_times_to_both_returns_their_ratio_and_what_the_policies_are_worth(capsys):
    print_tables(
        [
            run("sac_tuned", 0, 300.0, 400.0, **at_the_end(30.0, 0.9, 0.0)),
            run("ppo_tuned", 0, 600.0, None, **at_the_end(20.0, 0.5, 0.125)),
            run("ppo_tuned", 1, 600.0, None),
            run("sac_tuned", 1, 300.0, 200.0, **at_the_end(32.0, 1.0, 0.01)),
        ]
    )
    (
        title,
        head,
        ppo,
        sac,
        ratio_15,
        ratio_25,
        _,
        work_head,
        ppo_work,
        sac_work,
        what,
        end_head,
        ppo_end,
        missing,
        sac_end,
    ) = capsys.readouterr().out.strip().splitlines()
    asked, _, machine = title.partition("; ")
    assert asked == "Velocity-Flat-A1: training clock to returns of 15 and 25, budget 900 s in full, 1 thread"
    assert machine == "on unknown machine"
    assert cells(head) == ["reached 15", "mean time to 15, s", "reached 25", "mean time to 25, s", "contended"]
    constant = "(600.0 … 600.0)", "(900.0 … 900.0)", "(300.0 … 300.0)"
    assert cells(ppo) == ["ppo_tuned", "2/2", f"600.0 {constant[0]}", "0/2", f"900.0 {constant[1]}", "0/2"]
    # Of (400, 200) the mean is 300; samples of both have means of 200, 300 or 400.
    assert cells(sac) == ["sac_tuned", "2/2", f"300.0 {constant[2]}", "2/2", "300.0 (200.0 … 400.0)", "0/2"]
    assert ratio_15 == "Mean time to 15, ppo_tuned / sac_tuned: 2.000 (2.000 … 2.000)"
    assert ratio_25 == "Mean time to 25, ppo_tuned / sac_tuned: 3.000 (2.250 … 4.500)"
    assert cells(work_head) == ["steps/s", "simulate, %", "act, %", "learn, %", "M steps to 15", "M steps to 25"]
    speed = "4000 (4000 … 4000)"
    assert cells(ppo_work) == ["ppo_tuned", speed, "50", "10", "40", "2.40 (2.40 … 2.40)", "–"]
    assert cells(sac_work) == ["sac_tuned", speed, "50", "10", "40", "1.20 (1.20 … 1.20)", "1.20 (0.80 … 1.60)"]
    assert "evaluations of 256 episodes" in what
    assert cells(end_head) == ["return", "speed share", "falls, %"]
    assert cells(ppo_end) == ["ppo_tuned", "20.0 (20.0 … 20.0)", "0.50 (0.50 … 0.50)", "12.5 (12.5 … 12.5)"]
    assert missing.strip() == "(1 of 2 diverged and could not be evaluated)"
    assert cells(sac_end) == ["sac_tuned", "31.0 (30.0 … 32.0)", "0.95 (0.90 … 1.00)", "0.5 (0.0 … 1.0)"]


def test_runs_without_a_final_evaluation_show_the_estimates(capsys):
    print_tables([run("another", 0, None, None, final_return=3.0), run(next(iter(ARMS)), 0, None, None)])
    *_, what, head, first, last = capsys.readouterr().out.strip().splitlines()
    assert "estimates made during training" in what
    assert cells(head) == ["return"]
    assert cells(first) == ["ppo_shipped", "–"]
    assert cells(last) == ["another", "3.0 (3.0 … 3.0)"]
