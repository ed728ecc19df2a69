"""Evaluating the policy on the trial's own robots, against the point mass stepped by hand."""

import numpy as np
import pytest

from tests.support.point_mass import PointMassEnv
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
from tuner.clock import Ledger, ManualClock
from tuner.training._assembly import assemble
from tuner.training._write_folder import TrialFiles


def assembled(agent, *, num_envs=16, restorable=True, channel=None, kind=TimedPointMassEnv, **options):
    clock = ManualClock()
    env = kind(num_envs, clock, restorable=restorable, **options)
    ledger = Ledger(clock, "act")
    spec = make_spec(agent)
    spec = spec.model_copy(update={"task": spec.task.model_copy(update={"num_envs": num_envs})})
    parts = assemble(spec, env, channel or ListeningChannel(), ledger, TrialFiles(None))
    parts.agent.learn(num_envs * 40, log_interval=1000)  # some experience and statistics, without the trial's callback
    return parts, env, ledger


def by_hand(parts, env, episodes=1):
    """Returns of the first episodes from a reset, with the policy and the statistics as they are, in plain NumPy."""
    twin = PointMassEnv(env.num_envs, max_episode_steps=env.max_episode_steps)
    twin._random.bit_generator.state = env._random.bit_generator.state
    normalize = parts.agent.get_vec_normalize_env()
    box = parts.config.action_box
    returns = []
    for _ in range(episodes):
        observations, running = twin.reset(), np.ones(env.num_envs, bool)
        earned = np.zeros(env.num_envs)
        for _ in range(env.max_episode_steps):
            actions, _ = parts.agent.predict(normalize.normalize_obs(observations), deterministic=True)
            observations, rewards, dones, _ = twin.step(np.clip(actions, box.low, box.high))
            earned += rewards * running
            running &= ~dones
            if not running.any():
                break
        returns.append(earned)
    return np.concatenate(returns)


@pytest.mark.parametrize("agent", [sac(), ppo()], ids=["sac", "ppo"])
def test_the_mean_return_of_whole_episodes(agent):
    parts, env, _ = assembled(agent)
    expected = by_hand(parts, env)
    evaluation, were_reset = parts.evaluator.evaluate(12.5)
    assert evaluation.mean == pytest.approx(expected.mean(), rel=1e-6)
    assert evaluation.standard_error == pytest.approx(expected.std(ddof=1) / 4, rel=1e-6)  # √16
    assert (evaluation.clock_seconds, evaluation.episodes, were_reset) == (12.5, 16, False)
    assert 0 < evaluation.mean_length <= 100


@pytest.mark.parametrize("agent", [sac(), ppo()], ids=["sac", "ppo"])
@pytest.mark.parametrize("num_envs", [16, 1])
def test_what_the_task_measured_and_how_many_failed(agent, num_envs):
    parts, env, _ = assembled(agent, num_envs=num_envs, kind=MeasuringEnv, max_episode_steps=30)
    twin = MeasuringEnv(num_envs, ManualClock(), max_episode_steps=30)
    twin._random.bit_generator.state = env._random.bit_generator.state
    evaluation, _ = parts.evaluator.evaluate(0.0)
    distances, failed = [], []
    for _ in range(1 if num_envs == 16 else 8):
        observations, running = twin.reset(), np.ones(num_envs, bool)
        while running.any():
            normal = parts.agent.get_vec_normalize_env().normalize_obs(observations)
            actions = np.clip(parts.agent.predict(normal, deterministic=True)[0], -1, 1)
            observations, _, dones, infos = twin.step(actions)
            distances += twin.metrics["distance"][running].tolist()
            failed += [not infos[robot]["TimeLimit.truncated"] for robot in np.flatnonzero(running & dones)]
            running &= ~dones
    assert evaluation.episodes == len(failed)
    assert evaluation.failed == np.mean(failed)
    assert evaluation.metrics["distance"] == pytest.approx(np.mean(distances), rel=1e-5)
    assert set(evaluation.metrics) == {"robot", "distance", "step"}  # what never applied is not there


def test_few_robots_are_evaluated_several_times():
    parts, env, _ = assembled(sac(), num_envs=3)
    expected = by_hand(parts, env, episodes=3)
    evaluation, _ = parts.evaluator.evaluate(0.0)
    assert evaluation.episodes == 9  # three rounds of three make at least eight
    assert evaluation.mean == pytest.approx(expected.mean(), rel=1e-6)


def test_training_goes_on_as_if_nothing_had_happened():
    """Two agents from one seed, one of them evaluated on the way, act and see the same from then on."""
    ends = []
    for evaluate in (False, True):
        parts, env, _ = assembled(sac())
        normalize = parts.agent.get_vec_normalize_env()
        before = normalize.obs_rms.mean.copy()
        if evaluate:
            parts.evaluator.evaluate(0.0)
        np.testing.assert_array_equal(normalize.obs_rms.mean, before)
        assert normalize.training
        assert env.spread_ages
        parts.agent.learn(16 * 20, log_interval=1000, reset_num_timesteps=False)
        ends.append((parts.agent._last_obs.copy(), normalize.obs_rms.mean.copy(), env._age.copy()))
    for plain, evaluated in zip(*ends, strict=True):
        np.testing.assert_array_equal(plain, evaluated)


@pytest.mark.parametrize("agent", [sac(n_steps=3), ppo()], ids=["sac", "ppo"])
def test_where_the_state_cannot_be_restored_robots_start_anew(agent):
    parts, env, _ = assembled(agent, restorable=False)
    evaluation, were_reset = parts.evaluator.evaluate(0.0)
    assert were_reset
    assert evaluation.episodes == 16
    assert (env._velocity == 0).all()  # freshly placed
    assert env._age.max() > 0  # with spread ages
    normalize = parts.agent.get_vec_normalize_env()
    np.testing.assert_array_equal(parts.agent._last_obs, normalize.normalize_obs(env._observe()))
    assert parts.agent._last_episode_starts.all() or hasattr(parts.agent, "replay_buffer")


def test_the_training_clock_stands_still():
    parts, env, ledger = assembled(sac())
    trained, steps = ledger.training_seconds, env.steps
    with ledger.account("evaluate"):
        parts.evaluator.evaluate(trained)
    assert ledger.training_seconds == trained
    assert ledger.totals()["evaluate"] == (env.steps - steps) * STEP_SECONDS > 0
    assert sum(ledger.totals().values()) == env.clock.now()


def test_a_request_to_stop_ends_it_early():
    channel = ListeningChannel(stop=interrupt(), after_alive=7)
    parts, env, _ = assembled(sac(), channel=channel)
    steps = env.steps
    evaluation, _ = parts.evaluator.evaluate(0.0)
    assert evaluation is None
    assert env.steps == steps + 6  # the seventh sign of life comes before the seventh step
    assert env.spread_ages
