"""Whole trials on the point mass under a manual clock that moves with every step: exact to the last digit.

16 robots, 100 steps an episode, 0.125 s a step: 8 steps a second, 12.5 s an episode. The budget of 50 s is 400 steps.
"""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.support.faulty import FaultySimulator
from tests.training.timed_point_mass import (
    STEP_SECONDS,
    ListeningChannel,
    TimedPointMassEnv,
    make_spec,
    ppo,
    sac,
)
from tuner.clock import Ledger, ManualClock, MonotonicClock
from tuner.config import ActionBox, TaskConfig
from tuner.records import Outcome, OutcomeKind, Tick, milestones_of
from tuner.simulators import JointTargets
from tuner.training import run_trial

SLIDE = JointTargets(names=("slide",), default=(0.0,), scale=(1.0,), lower=(-1.0,), upper=(1.0,))


def train(agent, *, channel=None, restorable=True, ledger=None, clock=None, **spec):
    clock = clock or ManualClock()
    env = TimedPointMassEnv(16, clock, restorable=restorable)
    channel = channel or ListeningChannel()
    outcome = run_trial(make_spec(agent, **spec), env, channel, clock=clock, ledger=ledger)
    return outcome, channel, env


@pytest.fixture(scope="module")
def solved(tmp_path_factory):
    """One SAC trial that reaches its target and evaluates its final policy, kept in a folder."""
    folder = tmp_path_factory.mktemp("solved")
    return *train(sac(), target=8.0, final_evaluation=True, directory=str(folder)), folder


# Reached


def test_a_reached_target_is_confirmed_and_timed(solved):
    outcome, channel, _, _ = solved
    assert outcome.kind is OutcomeKind.REACHED
    assert 0 < outcome.reached_seconds <= outcome.clock_seconds < 50
    evaluation = outcome.evaluations[-1]
    assert evaluation["mean"] >= 8.0
    assert (outcome.final_return, outcome.best_return) == (evaluation["mean"], evaluation["mean"])
    assert evaluation["clock_seconds"] >= outcome.reached_seconds
    assert channel.phases[:2] == ["compile", "train"]
    assert channel.phases.count("evaluate") == len(outcome.evaluations)


def test_evaluation_is_off_the_clock(solved):
    outcome, _, env, _ = solved
    assert outcome.ledger["evaluate"] > 0
    assert outcome.clock_seconds == outcome.ledger["simulate"]  # under this clock nothing else takes time
    assert outcome.clock_seconds == outcome.env_steps / 16 * STEP_SECONDS
    assert sum(outcome.ledger.values()) == env.clock.now() == env.steps * STEP_SECONDS


def test_every_tick_up_to_the_end_stands_on_the_grid(solved):
    outcome, channel, _, _ = solved
    count = int(outcome.clock_seconds // 5.0)  # ten ticks in 50 s
    assert [tick.index for tick in channel.ticks] == list(range(1, count + 1))
    assert [tick.clock_seconds for tick in channel.ticks] == [5.0 * k for k in range(1, count + 1)]
    for tick in channel.ticks:
        assert tick.env_steps == tick.clock_seconds / STEP_SECONDS * 16
        assert tick.best is None or tick.best < 8.0  # nothing unconfirmed counts as reached
        assert tick.estimate is None or tick.low <= tick.estimate <= tick.high


def test_the_folder_holds_all_of_it(solved):
    outcome, channel, _, folder = solved
    assert Outcome.from_json(json.loads((folder / "outcome.json").read_text())) == outcome
    lines = (folder / "curve.jsonl").read_text().splitlines()
    assert [Tick.from_json(json.loads(line)) for line in lines] == channel.ticks
    assert json.loads((folder / "spec.json").read_text())["objective"]["target"] == 8.0
    assert (folder / "policy.zip").stat().st_size > 0
    assert (folder / "normalization.npz").stat().st_size > 0
    assert "warning" not in outcome.details


def test_the_outcome_reproduces_the_agent(solved):
    outcome, _, _, _ = solved
    assert outcome.agent["action_box"] == {"low": [-1.0], "high": [1.0]}  # the fraction is absolute now
    assert outcome.agent["action_bound_fraction"] is None
    assert outcome.updates > 0
    assert outcome.details["versions"]["sbx-rl"]
    assert outcome.details["versions"]["sac-tuner"]
    assert json.loads(json.dumps(outcome.to_json())) == outcome.to_json()


def test_the_outcome_tells_what_must_be_the_same_wherever_the_policy_runs(tmp_path):
    env = TimedPointMassEnv(16, ManualClock())
    env.provenance = {"physics": "exact"}
    env.joint_targets = SLIDE
    env.flattened = {"actions": "Box(-1.0, 1.0, (2, 3), float32)"}
    # Even that of a trial that ends at once, because there is nothing in the folder to start from.
    outcome = run_trial(make_spec(sac(), start_from=str(tmp_path)), env, ListeningChannel(), clock=env.clock)
    assert outcome.details["simulator"] == {"physics": "exact"}
    assert outcome.details["joints"] == ["slide"]
    assert outcome.details["flattened"] == {"actions": "Box(-1.0, 1.0, (2, 3), float32)"}


def test_training_on_after_the_target_changes_nothing_before_it(solved):
    first, channel, _, _ = solved
    outcome, second_channel, _ = train(sac(), target=8.0, stop_at_target=False)  # of the same seed
    assert outcome.kind is OutcomeKind.REACHED
    assert (outcome.reached_seconds, outcome.evaluations) == (first.reached_seconds, first.evaluations)
    assert second_channel.ticks[: len(channel.ticks)] == channel.ticks
    assert len(second_channel.ticks) == 10
    assert (outcome.clock_seconds, outcome.env_steps) == (50.0, 400 * 16)
    assert outcome.final_return == second_channel.ticks[-1].estimate  # and not what the evaluation said long before
    assert outcome.best_return >= first.best_return


def test_milestones_are_timed_and_change_nothing_about_the_target(solved):
    first, channel, _, _ = solved
    outcome, second_channel, _ = train(sac(), target=8.0, milestones=(2.0, 5.0))
    low, high = milestones_of(outcome)
    assert (low.goal, high.goal) == (2.0, 5.0)
    assert 0 < low.reached_seconds <= high.reached_seconds <= outcome.reached_seconds
    assert [replace(tick, wall_seconds=None) for tick in second_channel.ticks] == [
        replace(tick, wall_seconds=None) for tick in channel.ticks
    ]
    assert second_channel.ticks[-1].wall_seconds > channel.ticks[-1].wall_seconds  # for more evaluations
    assert (outcome.reached_seconds, outcome.best_return) == (first.reached_seconds, first.best_return)
    assert len(outcome.evaluations) > len(first.evaluations)
    assert [evaluation for evaluation in outcome.evaluations if evaluation in first.evaluations] == first.evaluations
    assert milestones_of(first) == ()


def test_a_trial_that_could_not_begin_reached_no_milestone():
    outcome, _, _ = train(sac(buffer_size=10**13), target=8.0, milestones=(2.0, 5.0))
    assert outcome.kind is OutcomeKind.TOO_LARGE
    assert [(each.goal, each.reached_seconds) for each in milestones_of(outcome)] == [(2.0, None), (5.0, None)]


def test_milestones_of_a_trial_that_misses_its_target():
    outcome, _, _ = train(sac(), target=11.0, milestones=(2.0, 10.9), restorable=False)
    assert outcome.kind is OutcomeKind.EXHAUSTED
    low, high = milestones_of(outcome)
    assert low.reached_seconds < 50.0
    assert high.reached_seconds is None


def test_starting_from_a_run_is_better_than_starting_from_nothing(solved):
    first, _, _, folder = solved
    outcome, _, _ = train(sac(), target=8.0, start_from=str(folder), seed=4)
    assert outcome.kind is OutcomeKind.REACHED
    assert outcome.agent == first.agent
    assert outcome.reached_seconds < 7.0 < 20.0 < first.reached_seconds


def test_a_run_with_other_joints_to_start_from_is_the_users_mistake(solved, tmp_path):
    run = shutil.copytree(solved[3], tmp_path / "run")
    outcome = json.loads((run / "outcome.json").read_text())
    outcome["details"]["joints"] = ["hip"]
    (run / "outcome.json").write_text(json.dumps(outcome))
    env = TimedPointMassEnv(16, ManualClock())
    env.joint_targets = SLIDE
    outcome = run_trial(make_spec(sac(), start_from=str(run)), env, ListeningChannel(), clock=env.clock)
    assert outcome.details["user_error"] is True
    assert "with the joints in the order hip, but here the task has slide" in outcome.message


def test_an_action_box_that_is_meant_for_other_joints_is_the_users_mistake():
    env = TimedPointMassEnv(16, ManualClock())
    env.joint_targets = SLIDE
    outcome = run_trial(make_spec(sac(), joints=("hip",)), env, ListeningChannel(), clock=env.clock)
    assert outcome.details["user_error"] is True
    assert "for each of the joints hip, but the task has slide" in outcome.message


def test_a_run_of_another_algorithm_to_start_from_is_the_users_mistake(solved, tmp_path):
    run = shutil.copytree(solved[3], tmp_path / "run")
    outcome, _, env = train(ppo(), target=7.0, start_from=str(run), directory=str(run))
    assert outcome.kind is OutcomeKind.CRASHED
    assert outcome.details["user_error"] is True
    assert "trained SAC, but this is PPO" in outcome.message
    assert env.steps == 0
    assert (run / "policy.zip").exists()


def test_on_policy_agents_too():
    outcome, channel, _ = train(ppo(), target=7.0)
    assert outcome.kind is OutcomeKind.REACHED
    assert outcome.evaluations[-1]["mean"] >= 7.0
    first = outcome.evaluations[0]["clock_seconds"]
    before = [tick for tick in channel.ticks if tick.clock_seconds <= first]
    assert all(tick.exploring == tick.estimate for tick in before)  # no probes: the estimate is of those who explore
    assert outcome.reached_seconds <= outcome.evaluations[-1]["clock_seconds"]


def test_without_restorable_state_a_trial_reaches_its_target_too():
    outcome, _, env = train(sac(), target=8.0, restorable=False)
    assert outcome.kind is OutcomeKind.REACHED
    assert outcome.clock_seconds == outcome.ledger["simulate"]
    assert env.spread_ages


class _FlatteringEnv(TimedPointMassEnv):
    """Pays 0.02 a step more while training than when evaluated: the estimate promises 2 too much."""

    def step_wait(self):
        observations, rewards, dones, infos = super().step_wait()
        return observations, rewards + np.float32(0.02 if self.spread_ages else 0.0), dones, infos


def test_a_failed_confirmation_is_not_the_target_reached():
    clock = ManualClock()
    channel = ListeningChannel()
    spec = make_spec(sac(), target=10.5)  # at most 10 can be earned, but the estimate comes to 11.5 and more
    outcome = run_trial(spec, _FlatteringEnv(16, clock), channel, clock=clock)
    means = [evaluation["mean"] for evaluation in outcome.evaluations]
    times = [evaluation["clock_seconds"] for evaluation in outcome.evaluations]
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert outcome.reached_seconds is None
    assert len(means) >= 2
    assert max(means) < 10.5
    assert times[1] - times[0] >= 1.25  # 2.5 % of the budget
    assert outcome.best_return < 10.5
    assert outcome.ledger["evaluate"] == len(means) * 100 * STEP_SECONDS
    assert outcome.clock_seconds == 50.0
    assert len(channel.ticks) == 10


# Exhausted


@pytest.fixture(scope="module")
def exhausted():
    return train(sac(), target=11.0, budget_seconds=20.0)  # more than the 10 that can be earned


def test_a_spent_budget(exhausted):
    outcome, channel, env = exhausted
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert outcome.reached_seconds is None
    assert outcome.clock_seconds == 20.0
    assert outcome.env_steps == 16 * 160
    assert outcome.evaluations == []
    assert env.steps == 160
    assert [tick.index for tick in channel.ticks] == list(range(1, 11))
    assert outcome.best_return == channel.ticks[-1].best
    assert outcome.best_return <= max(tick.estimate for tick in channel.ticks if tick.estimate is not None)


def test_the_final_policy_is_evaluated_off_the_clock_where_that_is_asked_for(exhausted):
    plain, plain_channel, _ = exhausted
    outcome, channel, _ = train(sac(), target=11.0, budget_seconds=20.0, final_evaluation=True)
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert (outcome.clock_seconds, channel.ticks) == (plain.clock_seconds, plain_channel.ticks)
    assert outcome.ledger["evaluate"] == 100 * STEP_SECONDS
    assert outcome.evaluations == [outcome.final_evaluation]
    assert outcome.final_return == outcome.final_evaluation["mean"]
    assert (outcome.final_evaluation["episodes"], outcome.final_evaluation["clock_seconds"]) == (16, 20.0)
    assert plain.final_evaluation is None


def test_the_evaluation_that_ended_a_trial_is_of_its_final_policy(solved):
    outcome, channel, _, _ = solved
    assert outcome.final_evaluation == outcome.evaluations[-1]
    assert channel.phases.count("evaluate") == len(outcome.evaluations)  # and not once more


def test_a_trial_that_trained_on_is_evaluated_again_at_its_end():
    outcome, _, _ = train(ppo(), target=7.0, stop_at_target=False, final_evaluation=True)
    assert outcome.kind is OutcomeKind.REACHED
    times = [evaluation["clock_seconds"] for evaluation in outcome.evaluations]
    assert times[-2] < times[-1] == outcome.clock_seconds
    assert outcome.final_evaluation == outcome.evaluations[-1]


def test_the_score_at_the_budget_needs_no_target():
    outcome, channel, _ = train(sac(), target=None, budget_seconds=20.0)
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert outcome.evaluations == []
    assert outcome.final_return == channel.ticks[-1].estimate


def test_a_step_longer_than_the_grid_is_wide_leaves_no_tick_out():
    clock = ManualClock()
    env = TimedPointMassEnv(16, clock)
    channel = ListeningChannel()
    spec = make_spec(sac(), target=11.0, budget_seconds=2.0, ticks=40)  # a tick every 0.05 s, a step every 0.125 s
    run_trial(spec, env, channel, clock=clock)
    assert [tick.index for tick in channel.ticks] == list(range(1, 41))
    assert [tick.env_steps for tick in channel.ticks[:5]] == [0, 16, 16, 16, 32]  # at .05 | .1 .15(noted at .25) …


# Failed


def faulty(fault, *, at_step=30, agent=None):
    options = {"fault": fault, "at_step": at_step}
    env = FaultySimulator().open(
        TaskConfig(id="PointMass", simulator="tests", num_envs=16, options=options), seed=0, threads=1
    )
    clock = MonotonicClock()
    return run_trial(make_spec(agent or sac()), env, ListeningChannel(), clock=clock)


@pytest.mark.parametrize(("fault", "what"), [("nan_observation", "an observation"), ("nan_reward", "a reward")])
def test_numbers_that_are_not_finite(fault, what):
    outcome = faulty(fault)
    assert outcome.kind is OutcomeKind.DIVERGED
    assert outcome.message.startswith(f"{what} was NaN or infinite after ")
    assert outcome.message.endswith("464 environment steps")  # the 30th step is not counted: 29 · 16
    assert outcome.details["task_broke"] is True
    assert "traceback" not in outcome.details


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_learner_that_diverges():
    # A learning rate of 1e25 overflows the parameters at once.
    outcome, _, _ = train(sac(learning_rate=1e25), target=11.0)
    assert outcome.kind is OutcomeKind.DIVERGED
    assert "was NaN or infinite" in outcome.message
    assert "task_broke" not in outcome.details
    assert outcome.clock_seconds < 50.0


@pytest.mark.parametrize(
    ("fault", "message"), [("raise", "RuntimeError: the simulator failed"), ("memory", "MemoryError")]
)
def test_an_exception(fault, message):
    outcome = faulty(fault)
    assert outcome.kind is OutcomeKind.CRASHED
    assert message in outcome.message
    assert "strike(self._fault)" in outcome.details["traceback"]
    assert "faulty.py" in outcome.details["user_frame"]
    assert "user_error" not in outcome.details
    assert outcome.env_steps == 464
    assert outcome.agent is not None


def test_the_users_mistake_is_told_as_one():
    agent = sac().model_copy(update={"action_box": ActionBox(low=(-1.0, -1.0), high=(1.0, 1.0))})
    outcome, channel, env = train(agent)
    assert outcome.kind is OutcomeKind.CRASHED
    assert outcome.details["user_error"] is True
    assert "2 dimensions, the task's has 1" in outcome.message
    assert "traceback" not in outcome.details
    assert (env.steps, channel.ticks, outcome.agent) == (0, [], None)


def test_a_budget_that_was_overrun_by_more_than_a_tick_is_charged_and_said():
    # A step takes 0.125 s. Ticks are 0.02 s apart in the first, 0.2 s in the second.
    outcome, _, _ = train(sac(), target=11.0, budget_seconds=0.2)
    assert outcome.clock_seconds == 0.25
    assert outcome.message.startswith("it ran 0.05 s over its budget of 0.2 s, because one call took longer")
    outcome, _, _ = train(sac(), target=11.0, budget_seconds=2.0)
    assert (outcome.clock_seconds, outcome.message) == (2.0, "")


def test_a_full_disk_costs_the_files_only(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    outcome, channel, _ = train(sac(), target=11.0, budget_seconds=5.0, directory=str(blocked / "trial"))
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert len(channel.ticks) == 10
    assert str(blocked) in outcome.details["warning"]


# The ledger


def test_a_ledger_opened_before_goes_on():
    clock = ManualClock()
    ledger = Ledger(clock, "launch")
    clock.sleep(7.0)
    outcome, _, _ = train(sac(), target=11.0, budget_seconds=5.0, ledger=ledger, clock=clock)
    assert outcome.ledger["launch"] == 7.0
    assert outcome.clock_seconds == 5.0
    assert ledger.open_account == "launch"


def test_the_accounts_add_up_to_the_wall_clock():
    clock = MonotonicClock()
    env = TimedPointMassEnv(16, ManualClock())
    before = clock.now()
    outcome = run_trial(make_spec(sac(), target=11.0, budget_seconds=0.5), env, ListeningChannel(), clock=clock)
    wall = clock.now() - before
    # All but the writing of the outcome itself is booked; every second once.
    assert sum(outcome.ledger.values()) <= wall
    assert sum(outcome.ledger.values()) == pytest.approx(wall, rel=0.2)
    assert outcome.ledger["compile"] > 0
    assert min(outcome.ledger[name] for name in ("act", "simulate", "learn", "report")) > 0
    booked = sum(outcome.ledger[name] for name in ("act", "simulate", "learn"))
    assert outcome.clock_seconds == pytest.approx(booked)
    assert np.isfinite(booked)


def test_nothing_is_written_without_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    train(sac(), target=11.0, budget_seconds=5.0)
    assert list(Path(tmp_path).iterdir()) == []
