import math

import numpy as np
import pytest
import sbx
from gymnasium import spaces

from tests.agents.small import ARGUMENTS, NETWORK, assert_same_parameters, small_agent, small_config
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, normalize_observations
from tuner.agents.fused import FUSED_CLASSES
from tuner.clock import Ledger, ManualClock
from tuner.config import AgentConfig
from tuner.errors import UserError

CLASSES = {"sac": sbx.SAC, "tqc": sbx.TQC, "ppo": sbx.PPO, "td3": sbx.TD3, "crossq": sbx.CrossQ}


@pytest.mark.parametrize("algorithm", CLASSES)
def test_every_algorithm_is_its_sbx_class(algorithm):
    agent = small_agent(small_config(algorithm))
    assert isinstance(agent, CLASSES[algorithm])
    assert agent.batch_size == ARGUMENTS[algorithm]["batch_size"]
    assert agent.policy.net_arch_pi == [8]


@pytest.mark.parametrize("algorithm", FUSED_CLASSES)
def test_fused_learner_is_built_unless_stock_is_asked_for(algorithm):
    arguments = {**ARGUMENTS[algorithm], "buffer_size": 401, "train_freq": 3}
    agent = small_agent(AgentConfig(algorithm=algorithm, network=NETWORK, arguments=arguments), probes=[2])
    assert type(agent) is FUSED_CLASSES[algorithm]
    assert isinstance(agent, CLASSES[algorithm])
    assert agent.replay_buffer.capacity == 99  # 401 transitions of 4 robots are 100 steps, 33 rollouts of 3
    assert agent.probes.tolist() == [2]


@pytest.mark.parametrize("algorithm", FUSED_CLASSES)
def test_fused_learner_starts_with_the_networks_of_stock(algorithm):
    stock, fused = (small_agent(small_config(algorithm, learner=each), seed=3) for each in ("stock", "fused"))
    assert_same_parameters(stock, fused)
    np.testing.assert_array_equal(stock.key, fused.key)


def test_same_seed_same_networks():
    first, second, other = (small_agent(small_config(), seed=seed) for seed in (3, 3, 4))
    kernels = [agent.policy.actor_state.params["params"]["Dense_0"]["kernel"] for agent in (first, second, other)]
    np.testing.assert_array_equal(kernels[0], kernels[1])
    assert not np.array_equal(kernels[0], kernels[2])


def test_initial_std_of_ppo():
    agent = small_agent(small_config("ppo", initial_std=0.25))
    np.testing.assert_allclose(agent.policy.actor_state.params["params"]["log_std"], [math.log(0.25)])


def test_target_entropy_from_a_std():
    # One action dimension: ½·ln(2πe·0.15²) = 1.4189385 + ln 0.15 = 1.4189385 − 1.8971200 = −0.4781815.
    assert small_agent(small_config(target_entropy_std=0.15)).target_entropy == pytest.approx(-0.4781815)


def test_observations_normalised_only_if_wanted():
    assert small_agent(small_config(clip_observations=5.0)).get_vec_normalize_env().clip_obs == 5.0
    assert small_agent(small_config(normalize_observations=False)).get_vec_normalize_env() is None


def test_rewards_are_never_normalised():
    env = normalize_observations(PointMassEnv(2), small_config())
    env.reset()
    rewards = env.step(np.zeros((2, 1), dtype=np.float32))[1]
    np.testing.assert_array_equal(rewards, env.get_original_reward())


def test_batch_larger_than_what_is_stored_when_learning_starts():
    agent = small_agent(small_config(arguments={"batch_size": 64, "learning_starts": 0}))
    agent.learn(4)  # one step of four robots, then an update from four stored transitions, drawn with replacement
    assert agent._n_updates == 1


def test_probes_must_be_robots_of_an_off_policy_agent():
    with pytest.raises(ValueError, match="off-policy"):
        small_agent(small_config("ppo"), probes=[0])
    with pytest.raises(ValueError, match="0 … 3"):
        small_agent(small_config(), probes=[4])


def test_spaces_that_no_agent_takes():
    env = PointMassEnv(2)
    env.action_space = spaces.Discrete(3)
    config = AgentConfig(algorithm="sac", network=NETWORK)
    with pytest.raises(UserError, match=r"Discrete\(3\)"):
        build_agent(config, env, seed=0, ledger=Ledger(ManualClock()))
