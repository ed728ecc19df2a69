"""When the learner updates, with which parameters it acts meanwhile, and where it books the seconds."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from tests.agents.fused.support import ONE_BLOCK, fused_agent, fused_config, train_and_look_who_acts
from tests.agents.small import assert_same_parameters, parameters, small_agent
from tests.agents.stock.test_timed import SlowSteps
from tests.support.point_mass import PointMassEnv
from tuner.agents import build_agent, gradient_steps_done, is_finite, save_agent, warm_up
from tuner.agents.shared.devices import acting_device
from tuner.clock import Ledger, ManualClock
from tuner.config import EntropySchedule

ALL = [0, 1, 2, 3]


def test_policy_that_acts_is_one_train_call_old():
    agent = fused_agent(probes=ALL, train_freq=2)
    acting, after = train_and_look_who_acts(agent, rollouts=6)
    # Training starts once more than 8 transitions are in, after the second rollout. Steps 1 to 4 precede it. Rollout 3
    # follows the first train call, whose update it does not know yet; rollout 4 knows that one, and so on.
    assert len(after) == 1 + 5
    known = [after[0]] * 6 + [after[1]] * 2 + [after[2]] * 2 + [after[3]] * 2
    np.testing.assert_allclose(acting.actions, acting.modes(known), rtol=1e-5, atol=1e-6)
    newest = [after[0]] * 4 + [after[1]] * 2 + [after[2]] * 2 + [after[3]] * 2 + [after[4]] * 2
    assert np.abs(acting.actions - acting.modes(newest))[4:].max() > 1e-4


def test_finishing_gives_the_newest_parameters_and_changes_nothing_else():
    agent, untouched = fused_agent(train_freq=2), fused_agent(train_freq=2)
    _, after = train_and_look_who_acts(agent, rollouts=6)  # finishes after every train call
    untouched.learn(6 * 2 * 4)
    assert gradient_steps_done(untouched) == 10
    before = jax.device_get(untouched.policy.actor_state.params)
    untouched.learner.finish_updates()
    assert_same_parameters(agent, untouched)
    assert jax.tree.leaves(after[-1])[0].tolist() == jax.tree.leaves(untouched.policy.actor_state.params)[0].tolist()
    assert_different(before, untouched.policy.actor_state.params)
    finished = parameters(untouched)
    untouched.learner.finish_updates()
    for name, array in parameters(untouched).items():
        np.testing.assert_array_equal(array, finished[name])


def assert_different(first, second):
    pairs = zip(jax.tree.leaves(first), jax.tree.leaves(second), strict=True)
    assert any((np.asarray(one) != np.asarray(other)).any() for one, other in pairs)


SCRIPT = """
import json, sys
from tuner.agents import gradient_steps_done, set_up_devices
set_up_devices()
import jax
import numpy as np
from tuner.agents.shared.devices import acting_device
assert acting_device() == jax.devices()[1]
from tests.agents.fused.support import fused_agent, train_and_look_who_acts
from tests.agents.fused.test_learner import digest
agent = fused_agent(train_freq=2)
agent.learn(48)
assert int(agent.policy.qf_state.step) == gradient_steps_done(agent)  # nothing is left to hand over
agent.learner.finish_updates()
probing = fused_agent(probes=[0, 1, 2, 3], train_freq=2)
acting, after = train_and_look_who_acts(probing, rollouts=6)
known = [after[0]] * 6 + [after[1]] * 2 + [after[2]] * 2 + [after[3]] * 2
difference = float(np.abs(acting.actions - acting.modes(known)).max())
where = sorted({device.id for each in acting.parameters for leaf in jax.tree.leaves(each) for device in leaf.devices()})
print(json.dumps([digest(agent), difference, where, [device.id for device in agent.replay_buffer.memory[0].devices()]]))
"""


def digest(agent):
    """A fingerprint of every learned array."""
    arrays = sorted(parameters(agent).items())
    return hashlib.sha256(b"".join(name.encode() + array.tobytes() for name, array in arrays)).hexdigest()


def test_acting_on_a_device_of_its_own_learns_the_same():
    root = Path(__file__).parents[3]
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True, cwd=root)
    theirs, difference, acted_on, learned_on = json.loads(run.stdout.splitlines()[-1])
    agent = fused_agent(train_freq=2)
    assert acting_device() is None  # here both share one
    agent.learn(48)
    agent.learner.finish_updates()
    assert digest(agent) == theirs
    assert difference < 1e-5  # one train call old there too
    assert (acted_on, learned_on) == ([1], [0])


@pytest.mark.parametrize(("limit", "expected"), [(None, 0.0123), (0.011, 0.011)])
def test_a_learned_entropy_coefficient_stays_below_its_limit(limit, expected):
    changes = {"ent_coef": "auto_0.01", "learning_rate": 0.1, "target_entropy": 10.0, "learning_starts": 4}
    agent = small_agent(fused_config(arguments=ONE_BLOCK | changes, max_ent_coef=limit))
    agent.learn(16)
    agent.learner.finish_updates()
    coefficient = float(np.exp(agent.ent_coef_state.params["log_ent_coef"]))
    # Far below its target entropy the coefficient rises by Adam's whole step, 10 %, in each of two or three updates.
    assert coefficient == pytest.approx(limit) if limit else coefficient > expected - 0.0003


def test_a_target_entropy_falls():
    schedule = EntropySchedule(final_std=0.1, start_steps=10, fall_steps=10)
    agent = small_agent(fused_config(target_entropy_std=0.4, target_entropy_schedule=schedule))
    found = []
    for agent.num_timesteps in (10, 15, 65):
        found.append(float(agent.learner._numbers().target_entropy))
    # ½ · ln(2πe · σ²) of σ 0.4, of σ √(0.4 · 0.1) = 0.2 halfway, and of σ 0.1, in one dimension
    assert found == pytest.approx([0.5026478, -0.1904994, -0.8836465], rel=1e-5)


def test_a_target_entropy_falls_once_the_exploring_robots_reach_a_return():
    schedule = EntropySchedule(final_std=0.1, start_return=3.0, start_steps=5, fall_steps=10)
    agent = small_agent(fused_config(target_entropy_std=0.4, target_entropy_schedule=schedule))
    found = []
    # Too early, too little, reached after 12 steps, and what comes later changes nothing: 5 steps on, half has fallen.
    for agent.num_timesteps, exploring in ((4, 5.0), (8, 2.9), (12, 3.0), (17, -1.0), (22, 4.0)):
        agent.learner.observe_return(exploring)
        found.append(float(agent.learner._numbers().target_entropy))
    assert found == pytest.approx([0.5026478] * 3 + [-0.1904994, -0.8836465], rel=1e-5)


@pytest.mark.parametrize("start_return", [None, 3.0])
def test_a_target_entropy_goes_on_falling_in_the_next_run(tmp_path, start_return):
    schedule = EntropySchedule(final_std=0.1, start_return=start_return, start_steps=10, fall_steps=40)
    config = fused_config(target_entropy_std=0.4, target_entropy_schedule=schedule)
    before = small_agent(config)
    before.num_timesteps = 10
    before.learner.observe_return(5.0)
    before.num_timesteps = 20
    found = []
    for run in range(2):  # each saves after 10 steps more
        save_agent(before, tmp_path / str(run))
        before = small_agent(config, seed=run, start_from=tmp_path / str(run))
        assert before.num_timesteps == 0
        before.learner.observe_return(-5.0)
        found.append(float(before.learner._numbers().target_entropy))
        before.num_timesteps = 10
    # A quarter and a half of the way from ½ · ln(2πe · 0.4²) to ½ · ln(2πe · 0.1²)
    assert found == pytest.approx([0.5026478 - 0.3465736, 0.5026478 - 0.6931472], rel=1e-5)


def test_losses_are_known_after_the_first_update():
    agent = fused_agent()
    assert agent.learner.losses() == {}
    agent.learn(8)  # two steps of four robots are not more than the 8 to start with
    assert agent.learner.losses() == {}
    agent.learn(4, reset_num_timesteps=False)
    agent.learner.finish_updates()
    assert (
        agent.learner.losses()["ent_coef"] == 1.0
    )  # SBX starts to learn it there, and its update comes after the critics'
    assert agent.learner.losses()["critic_loss"] > 0


@pytest.mark.parametrize(
    ("arguments", "in_a_call", "calls_a_step"),
    [
        # 8 updates in blocks of 2 are 4 blocks; a rollout of 2 steps gets 2 of them at each step: one call of both.
        ({"gradient_steps": 8, "policy_delay": 2, "train_freq": 2}, 4, 1),
        # 6 updates in blocks of 1, two steps: 3 at each.
        ({"gradient_steps": 6, "policy_delay": 1, "train_freq": 2}, 3, 1),
        # Fewer blocks than steps: one at each of the first two steps.
        ({"gradient_steps": 2, "policy_delay": 1, "train_freq": 4}, 1, 1),
        # 3 blocks in 2 steps do not divide: one a call, two calls at the first step and one at the second.
        ({"gradient_steps": 3, "policy_delay": 1, "train_freq": 2}, 1, 2),
        # 5 updates of 8,192 transitions: two are drawn at once at most, and 5 divides into ones.
        ({"gradient_steps": 5, "batch_size": 8192, "buffer_size": 8192, "learning_starts": 8192}, 1, 5),
        # A block that draws more than is drawn at once is still one call.
        (
            {"gradient_steps": 8, "policy_delay": 4, "batch_size": 8192, "buffer_size": 8192, "learning_starts": 8192},
            4,
            2,
        ),
    ],
)
def test_gradient_steps_are_spread_over_the_rollout(arguments, in_a_call, calls_a_step):
    agent = fused_agent(**({"policy_delay": 1} | arguments))
    assert agent.learner.programs.shape.gradient_steps == in_a_call
    assert agent.learner.calls_per_step == calls_a_step


def test_updates_in_several_calls_do_not_depend_on_waiting_for_them():
    several = {"gradient_steps": 8, "train_freq": 2}
    agent, waiting = fused_agent(**several), fused_agent(**several)
    train = waiting.train

    def train_and_wait(*arguments, **keywords):
        train(*arguments, **keywords)
        # Both calls at once, before the next steps change the observations' normalisation.
        waiting.learner.finish_updates()

    waiting.train = train_and_wait
    for each in (agent, waiting):
        each.learn(5 * 2 * 4)
        each.learner.finish_updates()
    # Training starts after the second rollout: four trainings of two calls of four updates.
    assert int(agent.policy.qf_state.step) == gradient_steps_done(agent) == 4 * 8
    assert_same_parameters(agent, waiting)


def test_seconds_go_to_act_simulate_and_learn():
    clock = ManualClock()
    env = SlowSteps(PointMassEnv(4, max_episode_steps=20), clock)
    agent = build_agent(fused_config(normalize_observations=False), env, seed=0, ledger=env.ledger)
    draw, schedule = agent.uniform_actions, agent.lr_schedule

    def slow_draw(count):
        clock.sleep(1.0)
        return draw(count)

    def slow_schedule(progress):
        clock.sleep(2.5)
        return schedule(progress)

    agent.uniform_actions, agent.lr_schedule = slow_draw, slow_schedule
    agent.learn(16)
    agent.learner.finish_updates()
    # Four steps of four robots: 4 · 2 s. Random actions while fewer than 8 transitions are in: 2 · 1 s. Updates follow
    # steps 3 and 4, and each asks the schedule for the networks' and for the temperature's rate: 2 · 2 · 2.5 s.
    totals = env.ledger.totals()
    assert {name: seconds for name, seconds in totals.items() if seconds} == {
        "simulate": 8.0,
        "act": 2.0,
        "learn": 10.0,
    }
    assert clock.now() == 20.0
    assert env.ledger.open_account == "idle"


@pytest.mark.parametrize(("left", "calls"), [(1000.0, 2), (5.9, 1), (2.9, 0), (-1.0, 0)])
def test_gradient_steps_that_would_overrun_the_budget_are_left_out(left, calls):
    """Of two calls of four updates, 3 s each as warming up has measured, only those are made that fit."""
    agent = fused_agent(gradient_steps=8, train_freq=2)
    agent.learn(16)
    agent.learner.finish_updates()
    before = gradient_steps_done(agent)
    agent.budget_seconds, agent.learner._call_seconds = agent.ledger.training_seconds + left, 3.0
    agent.train(8, agent.batch_size)
    agent.learner.finish_updates()
    assert gradient_steps_done(agent) - before == 4 * calls
    assert int(agent.policy.qf_state.step) == gradient_steps_done(agent)


def test_warming_up_measures_a_call():
    class Ticking(ManualClock):
        def now(self):
            self.sleep(0.5)
            return super().now()

    agent = build_agent(fused_config(), PointMassEnv(4), seed=0, ledger=Ledger(Ticking(), "compile"))
    warm_up(agent)
    assert agent.learner._call_seconds == 0.5


def test_nothing_is_left_out_on_the_real_clock():
    agent = fused_agent()
    start = agent.ledger.training_seconds
    agent.learn(64)
    agent.learner.finish_updates()
    totals = agent.ledger.totals()
    assert start == 0
    assert totals["act"] > 0
    assert totals["learn"] > 0
    assert {name for name, seconds in totals.items() if seconds > 0} == {"act", "learn", "idle"}


def test_bfloat16_trains():
    agent = small_agent(fused_config(precision="bfloat16"))
    exact = fused_agent()
    for each in (agent, exact):
        each.learn(24)
        each.learner.finish_updates()
    assert is_finite(agent)
    assert all(leaf.dtype == np.float32 for leaf in jax.tree.leaves(agent.policy.qf_state.params))
    assert_different(agent.policy.qf_state.params, exact.policy.qf_state.params)
    ours, theirs = parameters(agent), parameters(exact)
    for name in ours:
        if ".params" in name:  # four train calls of two updates at a rate of 3e-4 move nothing farther than 2.4e-3
            np.testing.assert_allclose(ours[name], theirs[name], atol=5e-3)
