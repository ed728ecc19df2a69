"""What happens between the steps of a trial, on whole trials under a manual clock: 16 robots, 8 steps a second."""

import pytest

from tests.training.timed_point_mass import (
    STEP_SECONDS,
    ListeningChannel,
    MeasuringEnv,
    TimedPointMassEnv,
    interrupt,
    make_spec,
    ppo,
    sac,
)
from tuner.agents import finish_updates, gradient_steps_done, is_finite
from tuner.clock import ManualClock
from tuner.records import OutcomeKind
from tuner.training import StopRequest, TrialFiles, _callback, run_trial


def train(agent, *, channel=None, clock=None, kind=TimedPointMassEnv, **spec):
    clock = clock or ManualClock()
    env = kind(16, clock)
    channel = channel or ListeningChannel()
    return run_trial(make_spec(agent, **spec), env, channel, clock=clock), channel, env


def test_parameters_are_looked_at_once_a_tick(monkeypatch):
    looked = []
    monkeypatch.setattr(_callback, "is_finite", lambda agent: looked.append(agent.num_timesteps) or is_finite(agent))
    outcome, channel, _ = train(sac(), target=1e6)
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert len(looked) == len(channel.ticks) == 10  # and not at the 30 checks between them
    assert looked == [tick.env_steps for tick in channel.ticks]


@pytest.mark.parametrize("agent", [sac(), ppo()], ids=["sac", "ppo"])
@pytest.mark.parametrize(("seconds", "expected"), [(None, 1), (12.0, 5)])
def test_the_policy_is_saved_on_the_way(monkeypatch, tmp_path, agent, seconds, expected):
    saved = []
    monkeypatch.setattr(TrialFiles, "write_policy", lambda _, agent: saved.append(agent.num_timesteps))
    outcome, _, _ = train(agent, target=None, save_seconds=seconds, directory=str(tmp_path))
    assert outcome.clock_seconds == pytest.approx(50.0)
    assert len(saved) == expected  # after 12, 24, 36 and 48 s of 50, and at the end
    assert saved == sorted(saved)


def test_a_policy_of_numbers_that_are_not_finite_is_not_saved_on_the_way(monkeypatch, tmp_path):
    saved = []
    monkeypatch.setattr(TrialFiles, "write_policy", lambda _, agent: saved.append(agent.num_timesteps))
    monkeypatch.setattr(_callback, "is_finite", lambda _: False)
    outcome, _, _ = train(sac(), target=None, save_seconds=2.0, directory=str(tmp_path))
    assert outcome.kind is OutcomeKind.DIVERGED
    assert saved == []


@pytest.mark.parametrize(("agent", "robot"), [(sac(), 7.0), (ppo(), 7.5)], ids=["sac", "ppo"])
def test_ticks_tell_what_the_task_measured(agent, robot):
    """SAC has the probes 0, 2, … 14; PPO is estimated by all 16 robots. A tick is 40 steps of 0.125 s long."""
    outcome, channel, _ = train(agent, kind=MeasuringEnv, target=None)
    assert outcome.kind is OutcomeKind.EXHAUSTED
    for index, tick in enumerate(channel.ticks):
        own = {name: value for name, value in tick.metrics.items() if name.startswith("task/")}
        assert set(own) == {"task/robot", "task/distance", "task/step"}
        assert own["task/robot"] == robot
        assert own["task/step"] == 40 * index + 20.5
        assert 0 < own["task/distance"] < 2
    assert "action_saturation" in tick.metrics
    assert "actor_loss" in tick.metrics or "policy_gradient_loss" in tick.metrics


def test_ticks_have_the_wall_clock():
    outcome, channel, _ = train(sac(), target=3.0, stop_at_target=False)
    assert outcome.evaluations  # off the training clock: 100 steps of an eighth of a second
    aside = [tick.wall_seconds - tick.clock_seconds for tick in channel.ticks]
    assert aside[0] < 12.5 <= aside[-1] <= sum(outcome.ledger.values()) - outcome.clock_seconds


def test_the_agent_is_told_what_the_exploring_robots_earn(monkeypatch):
    told = []
    monkeypatch.setattr(_callback, "observe_return", lambda _, exploring: told.append(exploring))
    _, channel, _ = train(sac(), target=1e6)
    estimates = [tick.exploring for tick in channel.ticks if tick.exploring is not None]
    assert len(estimates) > 5
    assert list(dict.fromkeys(told)) == estimates


def test_the_confirming_evaluation_has_metrics_and_ticks_do_not_count_it():
    outcome, channel, _ = train(sac(), kind=MeasuringEnv, stop_at_target=False)
    assert outcome.kind is OutcomeKind.REACHED
    last = outcome.evaluations[-1]
    assert 0 < last["metrics"]["distance"] < 0.5
    assert last["failed"] == 0.0
    assert {tick.metrics["task/robot"] for tick in channel.ticks} == {7.0}  # an evaluation is of all robots


class ForgetfulEnv(MeasuringEnv):
    """Forgets a metric in its tenth step."""

    def step_wait(self):
        result = super().step_wait()
        if self.steps == 10:
            del self.metrics["distance"]
        return result


def test_a_task_that_measures_something_else_later_is_the_users_mistake():
    outcome, _, _ = train(sac(), kind=ForgetfulEnv)
    assert outcome.kind is OutcomeKind.CRASHED
    assert outcome.details["user_error"]
    assert outcome.message.startswith(
        "The task measured robot, step, never in a step, but robot, distance, step, never"
    )


class RunningClock(ManualClock):
    """Time passes while it is read, as it does outside of tests."""

    def now(self) -> float:
        self.sleep(0.007)  # no divisor of a step: the points of the grid fall everywhere between two readings
        return super().now()


def test_no_tick_is_made_while_the_device_learns(monkeypatch):
    """A point of the grid that is passed between two readings of the clock has to wait for the next step."""
    finished, looked = [], []
    monkeypatch.setattr(
        _callback, "finish_updates", lambda agent: finished.append(agent.num_timesteps) or finish_updates(agent)
    )
    monkeypatch.setattr(
        _callback,
        "gradient_steps_done",
        lambda agent: looked.append(agent.num_timesteps) or gradient_steps_done(agent),
    )
    outcome, channel, _ = train(sac(), target=None, budget_seconds=20.0, clock=RunningClock())
    assert outcome.kind is OutcomeKind.EXHAUSTED
    assert looked == finished
    assert len(looked) == 40  # four checks a tick
    assert [tick.index for tick in channel.ticks] == list(range(1, 11))  # the end waits as well


@pytest.mark.parametrize(
    ("request_", "kind", "rule"),
    [
        (StopRequest(OutcomeKind.PRUNED, "behind"), OutcomeKind.PRUNED, "behind"),
        (interrupt(), OutcomeKind.INTERRUPTED, None),
    ],
)
def test_a_request_to_stop(request_, kind, rule):
    channel = ListeningChannel(stop=request_, after_alive=50)
    outcome, _, env = train(sac(), channel=channel)
    assert (outcome.kind, outcome.rule) == (kind, rule)
    assert env.steps == 50
    assert outcome.clock_seconds == 50 * STEP_SECONDS
    assert [tick.index for tick in channel.ticks] == [1]


def test_a_request_during_an_evaluation():
    channel = ListeningChannel(stop=interrupt(), after_phase="evaluate")
    outcome, _, env = train(sac(), channel=channel, target=8.0)
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.evaluations == []
    assert outcome.reached_seconds is None
    assert env.steps * STEP_SECONDS < 50.0


def test_a_request_during_the_final_evaluation():
    channel = ListeningChannel(stop=interrupt(), after_phase="evaluate")
    outcome, _, _ = train(sac(), channel=channel, target=11.0, budget_seconds=5.0, final_evaluation=True)
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert (outcome.evaluations, outcome.final_evaluation) == ([], None)


def test_a_request_at_the_end_of_the_budget_comes_too_late():
    channel = ListeningChannel(stop=interrupt(), after_alive=40)
    outcome, _, _ = train(sac(), channel=channel, target=11.0, budget_seconds=5.0)  # 40 steps
    assert outcome.kind is OutcomeKind.EXHAUSTED
