"""An agent that starts from a saved one has what that one learned, bit for bit, and nothing else."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from tests.agents.small import parameters, small_agent, small_config
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, finish_updates, load_agent, normalize_observations, save_agent
from tuner.agents.shared.parameters import train_states
from tuner.clock import Ledger, ManualClock
from tuner.config import ActionBox, Network
from tuner.errors import UserError
from tuner.simulators import bound_actions

CONFIGS = {
    "stock-sac": small_config(),
    "fused-tqc": small_config("tqc", learner="fused"),
    "crossq": small_config("crossq"),
    "ppo": small_config("ppo", arguments={"target_kl": 0.02}),
}


def started(config, folder, *, seed=1, num_envs=4):
    """Build an agent that starts from the one in a folder; with a seed of its own."""
    task = PointMassEnv(num_envs, max_episode_steps=20)
    config = config.resolved([-1.0], [1.0])
    env = bound_actions(normalize_observations(task, config), config)
    ledger = Ledger(ManualClock(), "idle")
    return build_agent(config, env, seed=seed, ledger=ledger, start_from=folder)


def learn_by_hand(agent):
    """Change every array that training changes, without compiling an update; let the normalisation see some steps."""

    def moved(leaf):
        array = np.asarray(leaf)
        return jnp.asarray(array + (array.dtype.type(3) if array.dtype.kind in "iu" else array.dtype.type(0.0004)))

    for name, state in train_states(agent).items():
        changed = jax.tree.map(moved, state)
        setattr(agent.policy if hasattr(agent.policy, name) else agent, name, changed)
    env = agent.get_env()
    env.reset()
    for _ in range(20):
        env.step(env.action_space.high[None].repeat(4, axis=0))


def assert_taken_over(saved, agent):
    """Everything that was learned is the saved agent's; the optimiser's settings are the configuration's."""
    theirs, ours = parameters(saved), parameters(agent)
    assert theirs.keys() == ours.keys()
    settings = {key: array for key, array in ours.items() if "hyperparams" in key}
    assert settings.keys() < ours.keys()
    for key, array in ours.items():
        if key not in settings:
            np.testing.assert_array_equal(array, theirs[key], err_msg=key)
        elif "b2" in key:
            assert array == np.float32(0.999), "as the configuration has it, not 0.9994 as was saved"


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """An agent that has changed, and the folder that it is saved in."""
    made = {}

    def get(name):
        if name not in made:
            agent = small_agent(CONFIGS[name], seed=7)
            learn_by_hand(agent)
            folder = tmp_path_factory.mktemp(name)
            save_agent(agent, folder)
            made[name] = agent, folder
        return made[name]

    return get


@pytest.mark.parametrize("name", CONFIGS)
def test_parameters_targets_and_optimisers_are_the_saved_ones(trained, name):
    agent, folder = trained(name)
    again = started(CONFIGS[name], folder)
    assert_taken_over(agent, again)
    ours, theirs = again.get_vec_normalize_env().obs_rms, agent.get_vec_normalize_env().obs_rms
    np.testing.assert_array_equal((ours.mean, ours.var), (theirs.mean, theirs.var))
    assert ours.count == theirs.count > 64
    if name == "ppo":  # 0.0003 at the start, moved by 0.0004
        assert again.adaptive_lr.current_adaptive_lr == pytest.approx(0.0007)


def test_the_fused_learner_goes_on_from_sbxs_own(trained):
    agent, folder = trained("stock-sac")
    again = started(small_config(learner="fused"), folder)
    assert_taken_over(agent, again)
    before = parameters(again)
    again.learn(16)
    finish_updates(again)
    after = parameters(again)
    assert np.isfinite(np.concatenate([array.ravel() for array in after.values()])).all()
    steps = [name for name in before if "step" in name]
    assert steps
    assert all(after[name] > before[name] for name in steps)
    assert not again.acts_at_random(learning_starts=100)
    assert small_agent(small_config(learner="fused")).acts_at_random(learning_starts=100)


def test_the_buffer_is_empty(trained):
    assert started(CONFIGS["stock-sac"], trained("stock-sac")[1]).replay_buffer.size() == 0


def test_the_saved_form_of_an_actor_that_is_not_squashed_is_undone(tmp_path):
    config = small_config(learner="fused", squash=False, initial_std=0.3)
    agent = small_agent(config, seed=7)
    save_agent(agent, tmp_path)
    ours, theirs = parameters(started(config, tmp_path)), parameters(agent)
    for key, array in ours.items():
        # Dividing by 256 rounds nothing; of ln 256 = 5.5 subtracted and added again, float32 loses a few 1e-7.
        np.testing.assert_allclose(array, theirs[key], rtol=0, atol=1e-6, err_msg=key)


def test_a_learned_entropy_coefficient_is_taken_over_and_a_fixed_one_is_the_configurations(trained):
    agent, folder = trained("stock-sac")
    fixed = small_config(arguments={"ent_coef": 0.3})
    assert float(started(fixed, folder).ent_coef_state.params["dummy_param"]) == pytest.approx(0.3)
    assert float(started(CONFIGS["stock-sac"], folder).ent_coef_state.params["log_ent_coef"]) == float(
        agent.ent_coef_state.params["log_ent_coef"]
    )


# What does not fit


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"network": Network(pi=(16,), qf=(8,))}, r"its actor has params/.* of shape \(8,\), and here it is \(16,\)"),
        ({"network": Network(pi=(8, 8), qf=(8,))}, "its actor has other layers or another optimiser"),
        ({"network": Network(pi=(8,), qf=(8,), optimizer="adamw")}, "another optimiser"),
        ({"normalize_observations": False}, "takes normalised observations, and this agent does not"),
        (
            {"action_box": ActionBox(low=(-0.5,), high=(0.5,))},
            r"another action box, -1 … 1, and would act differently in this one, -0\.5 … 0\.5",
        ),
    ],
)
def test_what_does_not_fit_is_named(trained, changes, message):
    _, folder = trained("stock-sac")
    with pytest.raises(UserError, match=message):
        started(small_config(**changes), folder)


def test_ppo_may_go_on_in_another_box(trained):
    agent, folder = trained("ppo")
    again = started(
        small_config("ppo", action_box=ActionBox(low=(-0.5,), high=(0.5,)), arguments={"target_kl": 0.02}), folder
    )
    assert_taken_over(agent, again)


def test_half_a_file_is_refused(trained, tmp_path):
    _, folder = trained("stock-sac")
    whole = (folder / "policy.zip").read_bytes()
    middle = len(whole) // 2
    for damaged in (whole[:middle], whole[:middle] + bytes(200) + whole[middle + 200 :], b""):
        (tmp_path / "policy.zip").write_bytes(damaged)
        with pytest.raises(UserError, match=r"The policy in .* cannot be loaded: \S"):
            load_agent(tmp_path, "sac")
