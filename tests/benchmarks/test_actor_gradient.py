import sys
from functools import partial

import actor_gradient
import numpy as np
import pytest
from actor_gradient import Judge, Steps, critic_slopes, entropy_slopes, record, refitted

from tests.actions.folders import write_trial
from tuner.policies import Policy
from tuner.simulators import open_task

ARGUMENTS = {"gamma": 1e-6, "batch_size": 64, "ent_coef": 0.5, "learning_rate": 0.01}


@pytest.fixture(scope="module")
def policy(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trial")
    write_trial(folder, "sac", initial_std=0.3, arguments=ARGUMENTS)
    return Policy.load(folder)


@pytest.fixture(scope="module")
def judge(policy):
    """Return a judge of steps whose every action earns twice what was drawn."""
    return Judge.of(steps_worth(policy, 2.0), policy.agent, updates=200)


def steps_worth(policy, worth, *, steps=400, robots=64):
    """Return steps of a policy whose every action earns `worth` times what was drawn, less a number of the state."""
    random = np.random.default_rng(0)
    observations = random.normal(size=(steps, robots, 2)).astype(np.float32)
    gaussian = policy.agent.policy.actor_state
    flat = gaussian.apply_fn(gaussian.params, observations.reshape(-1, 2)).distribution.mean()
    means = np.asarray(flat).reshape(steps, robots, -1)
    drawn = means + 0.3 * random.normal(size=means.shape).astype(np.float32)
    rewards = worth * drawn[..., 0] - 3.0 * observations[..., 0]
    never = np.zeros(rewards.shape, bool)
    return Steps(observations, means, drawn, rewards.astype(np.float32), never, never)


def constant(slope):
    return lambda observations, means, std: np.full_like(means, slope)


def test_a_return_adds_up_what_is_discounted_until_the_robot_fails():
    nothing = np.zeros((4, 1, 1), np.float32)
    rewards = np.array([[1.0], [2.0], [4.0], [8.0]], np.float32)
    failed = np.array([[False], [True], [False], [False]])
    steps = Steps(nothing, nothing, nothing, rewards, failed, np.zeros((4, 1), bool))
    returns, known = steps.returns(0.5)
    assert returns[:, 0].tolist() == [2.0, 2.0, 8.0, 8.0]
    assert known[:, 0].tolist() == [True, True, False, False]  # the last two may go on earning


def test_a_return_that_the_time_limit_cuts_is_not_known():
    nothing = np.zeros((3, 1, 1), np.float32)
    cut = np.array([[False], [True], [False]])
    steps = Steps(nothing, nothing, nothing, np.ones((3, 1), np.float32), np.zeros((3, 1), bool), cut)
    assert not steps.returns(0.5)[1].any()
    assert steps.returns(0.0)[1].all()


def test_slopes_that_are_the_truth_agree_with_the_return_and_their_opposite_does_not(judge):
    right, half, wrong = (judge.slopes(constant(slope)) for slope in (2.0, 4.0, -2.0))
    assert judge.cosine(judge.gradient(judge.observations, right)) == pytest.approx(1.0, abs=0.05)
    assert judge.cosine(judge.gradient(judge.observations, wrong)) == pytest.approx(-1.0, abs=0.05)
    assert judge.comes_true(right) == pytest.approx(1.0, abs=0.1)
    assert judge.comes_true(half) == pytest.approx(0.5, abs=0.05)
    assert judge.comes_true(wrong) == pytest.approx(-1.0, abs=0.1)


def test_few_steps_say_less_than_many(judge):
    few, many = judge.on_policy(10), judge.on_policy(100_000)
    assert 0 < few < many <= 1.0


def test_the_entropy_pulls_means_to_the_middle(policy):
    steps = steps_worth(policy, 1.0)
    means = steps.means[0]
    slopes = entropy_slopes(0.5)(steps.observations[0], means, np.zeros_like(means))
    np.testing.assert_allclose(slopes, -np.tanh(means), rtol=1e-5, atol=1e-6)


def test_the_critics_slope_is_that_of_their_value_by_the_mean(policy):
    state, steps = policy.agent.policy.qf_state, steps_worth(policy, 1.0)
    seen, means = steps.observations[0], steps.means[0]
    for mean, combine in ((True, np.mean), (False, np.min)):
        slopes = critic_slopes(policy.agent, state.params, mean=mean)(seen, means, np.zeros_like(means))

        def value(before, combine=combine):
            return combine(np.asarray(state.apply_fn(state.params, seen, np.tanh(before))), axis=0)[:, 0]

        rise = (value(means + 1e-2) - value(means - 1e-2)) / 2e-2
        close = np.isclose(slopes[:, 0], rise, rtol=0.01, atol=1e-3)
        assert close.mean() > 0.9  # the others have a kink within the difference


def test_new_critics_learn_what_actions_are_worth(policy, judge):
    steps = steps_worth(policy, 2.0)
    (_, first), (updates, last) = (next(refitted(policy, steps, count, every=count)) for count in (1, 500))
    assert updates == 500
    before, after = (
        judge.comes_true(judge.slopes(critic_slopes(policy.agent, parameters, mean=False)))
        for parameters in (first, last)
    )
    assert abs(after - 1) < abs(before - 1)
    assert after == pytest.approx(1.0, abs=0.3)


def test_what_is_recorded_is_what_the_exploring_policy_does(policy):
    env = open_task(policy.task, seed=0, threads=1)
    steps = record(policy, env, steps=30, seed=0)
    env.close()
    assert steps.observations.shape == (30, env.num_envs, *env.observation_space.shape)
    assert (steps.drawn - steps.means).std() == pytest.approx(0.3, rel=0.2)
    assert np.isfinite(steps.rewards).all()


def test_each_policy_has_its_rows(tmp_path, monkeypatch, capsys):
    write_trial(tmp_path, "sac", initial_std=0.3, arguments={"gamma": 0.5})  # episodes have 20 steps
    monkeypatch.setattr(actor_gradient.Judge, "of", partial(Judge.of, updates=20))
    options = ["--steps", "200", "--refit", "20", "--every", "10"]
    monkeypatch.setattr(sys, "argv", ["actor_gradient.py", str(tmp_path), *options])
    actor_gradient.main()
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split() == " ".join(actor_gradient.COLUMNS).split()
    names = [str(tmp_path), "new critics, 10 updates", "new critics, 20 updates"]
    for name, row in zip(names, rows, strict=True):
        assert row.strip().startswith(name)
        assert len(row.split()) == len(name.split()) + len(actor_gradient.COLUMNS)


@pytest.mark.parametrize("algorithm", ["ppo", "td3"])
def test_other_algorithms_are_refused(tmp_path, monkeypatch, algorithm):
    write_trial(tmp_path, algorithm)
    monkeypatch.setattr(sys, "argv", ["actor_gradient.py", str(tmp_path)])
    with pytest.raises(SystemExit, match=f"holds {algorithm}: give folders of SAC"):
        actor_gradient.main()


def test_a_folder_without_a_policy_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["actor_gradient.py", str(tmp_path / "none")])
    with pytest.raises(SystemExit, match="none"):
        actor_gradient.main()
