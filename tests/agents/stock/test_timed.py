import numpy as np
import pytest
import sbx
from stable_baselines3.common.vec_env import VecEnvWrapper

from tests.agents.small import NETWORK, assert_same_parameters, small_agent, small_config
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, policy_arguments
from tuner.clock import Ledger, ManualClock


class SlowSteps(VecEnvWrapper):
    """Each step takes 2 s of a manual clock, booked to "simulate"; keeps the actions it got."""

    def __init__(self, venv, clock):
        super().__init__(venv)
        self.clock = clock
        self.ledger = Ledger(clock, "idle")
        self.actions = []

    def reset(self):
        return self.venv.reset()

    def step_async(self, actions):
        self.actions.append(np.array(actions))
        self.venv.step_async(actions)

    def step_wait(self):
        with self.ledger.account("simulate"):
            self.clock.sleep(2.0)
            return self.venv.step_wait()


def learning_agent(config, clock, probes=()):
    env = SlowSteps(PointMassEnv(4, max_episode_steps=20), clock)
    agent = build_agent(config, env, seed=0, ledger=env.ledger, probes=np.array(probes, dtype=np.intp))
    return agent, env


def test_seconds_go_to_act_simulate_and_learn():
    clock = ManualClock()
    agent, env = learning_agent(small_config(normalize_observations=False), clock)
    predict, update = agent.policy.predict, agent._train

    def slow_predict(*arguments, **keywords):
        clock.sleep(1.0)
        return predict(*arguments, **keywords)

    def slow_update(*arguments, **keywords):
        clock.sleep(5.0)
        return update(*arguments, **keywords)

    agent.policy.predict, agent._train = slow_predict, slow_update
    agent.learn(16)
    # Four steps of four robots: 4 · 2 s. Random actions while fewer than 8 transitions are in, so steps 3 and 4 ask the
    # policy: 2 · 1 s. Updates follow where more than 8 are in: after steps 3 and 4, 2 · 5 s.
    totals = env.ledger.totals()
    assert totals["simulate"] == 8.0
    assert totals["act"] == 2.0
    assert totals["learn"] == 10.0
    assert env.ledger.open_account == "idle"


@pytest.mark.parametrize(("budget", "updates"), [(20.0, 2), (19.0, 1)])
def test_an_update_that_would_overrun_the_budget_is_left_out(budget, updates):
    clock = ManualClock()
    agent, env = learning_agent(small_config(normalize_observations=False), clock)
    agent.budget_seconds, update = budget, agent._train

    def slow_update(*arguments, **keywords):
        clock.sleep(6.0)
        return update(*arguments, **keywords)

    agent._train = slow_update
    agent.learn(16)
    # Steps of 2 s; an update of 6 s after the third, at 6 s, and one after the fourth, at 14 s, if 6 s are left.
    assert env.ledger.totals()["learn"] == 6.0 * updates
    assert env.ledger.training_seconds <= budget


@pytest.mark.parametrize("algorithm", ["sac", "ppo"])
def test_a_linear_learning_rate_falls_with_the_training_clock(algorithm):
    config = small_config(algorithm, normalize_observations=False, arguments={"learning_rate": "lin_1e-2"})
    agent, env = learning_agent(config, ManualClock())
    agent.budget_seconds = 32.0
    agent.learn(32)
    # Eight steps of four robots, 2 s each: half of the budget is left when the last update begins.
    assert env.ledger.training_seconds == 16.0
    optimizer = agent.policy.actor_state.opt_state
    optimizer = optimizer if algorithm == "sac" else optimizer[1]  # PPO clips gradients before
    assert optimizer.hyperparams["learning_rate"] == pytest.approx(5e-3)
    agent.budget_seconds = 15.0
    agent._update_current_progress_remaining(0, 1)
    assert agent._current_progress_remaining == 0.0  # and not below, when the last rollout overruns the budget


@pytest.mark.parametrize("use_sde", [False, True])
def test_without_probes_training_is_bit_for_bit_that_of_sbx(use_sde):
    arguments = {"use_sde": use_sde, "train_freq": 4, "gradient_steps": 2}
    config = small_config(normalize_observations=False, arguments=arguments)
    ours, _ = learning_agent(config, ManualClock())
    policy, policy_kwargs = policy_arguments(config)
    stock = sbx.SAC(
        policy, PointMassEnv(4, max_episode_steps=20), policy_kwargs=policy_kwargs, seed=0, **config.arguments
    )
    stock.learn(64)
    agent, _ = learning_agent(config, ManualClock())  # seeds the global generators again, as building stock did
    agent.learn(64)
    del ours
    assert_same_parameters(agent, stock)
    np.testing.assert_array_equal(agent.replay_buffer.actions, stock.replay_buffer.actions)


@pytest.mark.parametrize("use_sde", [False, True])
def test_probes_act_deterministically_at_all_times(use_sde):
    config = small_config(
        normalize_observations=False, arguments={"use_sde": use_sde, "train_freq": 4, "learning_starts": 16}
    )
    agent, env = learning_agent(config, ManualClock(), probes=[1, 3])
    before = []
    sample = agent._sample_action

    def remember(*arguments, **keywords):
        before.append(agent.policy.predict(agent._last_obs, deterministic=True)[0])
        return sample(*arguments, **keywords)

    agent._sample_action = remember
    agent.learn(64)  # sixteen steps, the first four of which explore at random
    taken, deterministic = np.array(env.actions), np.array(before)
    assert taken.shape == (16, 4, 1)
    np.testing.assert_allclose(taken[:, [1, 3]], deterministic[:, [1, 3]], atol=1e-6)
    assert (np.abs(taken[:, [0, 2]] - deterministic[:, [0, 2]]) > 1e-4).all()


def test_experience_of_probes_is_stored_like_any_other():
    agent, env = learning_agent(small_config(normalize_observations=False), ManualClock(), probes=[1])
    agent.learn(16)
    assert agent.replay_buffer.pos == 4
    np.testing.assert_allclose(agent.replay_buffer.actions[:4], env.actions, atol=1e-6)  # the box is [-1, 1] already


def test_held_noise_changes_only_between_rollouts():
    config = small_config(
        normalize_observations=False, arguments={"use_sde": True, "train_freq": 4, "learning_starts": 0}
    )
    agent, _ = learning_agent(config, ManualClock(), probes=[0])
    keys = []
    sample = agent._sample_action

    def remember(*arguments, **keywords):
        keys.append(tuple(np.asarray(agent.policy.noise_key)))
        return sample(*arguments, **keywords)

    agent._sample_action = remember
    agent.learn(32)  # two rollouts of four steps
    assert keys == [keys[0]] * 4 + [keys[4]] * 4
    assert keys[0] != keys[4]


def test_exploration_noise_of_a_deterministic_actor():
    config = small_config("td3", normalize_observations=False, arguments={"action_noise": 0.1, "learning_starts": 0})
    task = PointMassEnv(2000)
    agent = build_agent(config, task, seed=0, ledger=Ledger(ManualClock()), probes=np.array([0]))
    agent._last_obs = np.zeros((2000, 2), dtype=np.float32)
    greedy = agent.policy.predict(agent._last_obs, deterministic=True)[0][0]
    actions, stored = agent._sample_action(0, None, 2000)
    assert actions[0] == pytest.approx(greedy, abs=1e-6)
    # All robots see the same, so 1,999 actions spread as the noise does: 0.1 ± 0.1/√(2·1999) = 0.0016; five of them.
    assert np.std(actions[1:]) == pytest.approx(0.1, abs=0.008)
    assert stored.dtype == np.float32


def test_random_actions_cover_the_box():
    agent = small_agent(small_config(network=NETWORK), num_envs=4)
    actions, scaled = agent._sample_action(10**6, None, 4000)
    assert actions.shape == (4000, 1)
    assert -1 <= scaled.min() < -0.99
    assert 0.99 < scaled.max() <= 1
