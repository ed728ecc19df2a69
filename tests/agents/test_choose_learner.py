import gc

import jax
import numpy as np
import pytest
from gymnasium import spaces

from tests.agents.fused.support import fused_agent, fused_config
from tests.agents.small import small_agent, small_config
from tuner.agents import _choose_learner
from tuner.agents._choose_learner import check_alternatives, check_memory, uses_fused_learner
from tuner.agents.fused import FUSED_CLASSES
from tuner.config import AgentConfig, BoundsPenalty, BoxSchedule, EntropySchedule
from tuner.errors import MemoryLimitError, UserError
from tuner.machine import memory_limit_bytes

OBSERVATIONS = spaces.Box(-np.inf, np.inf, (2,), np.float32)
ACTIONS = spaces.Box(-1.0, 1.0, (1,), np.float32)


def is_fused(algorithm="sac", *, num_envs=4, learner="fused", precision="float32", **arguments):
    config = AgentConfig(algorithm=algorithm, learner=learner, precision=precision, arguments=arguments)
    return uses_fused_learner(config, arguments, num_envs=num_envs)


def test_sac_and_tqc_are_fused_unless_stock_is_asked_for():
    enough = {"learning_starts": 256}  # SBX's default batch
    fused = {name: is_fused(name, **enough) for name in ("sac", "tqc", "ppo", "td3", "crossq")}
    assert [name for name, answer in fused.items() if answer] == ["sac", "tqc"] == list(FUSED_CLASSES)
    assert not is_fused(learner="stock", **enough)


@pytest.mark.parametrize(("algorithm", "learner"), [("sac", "stock"), ("ppo", "fused"), ("td3", "fused")])
def test_precision_is_the_fused_learners(algorithm, learner):
    with pytest.raises(UserError, match=r"precision is bfloat16, which only the fused learner of sac and tqc has\."):
        is_fused(algorithm, learner=learner, precision="bfloat16")


@pytest.mark.parametrize(
    ("gradient_steps", "policy_delay", "train_freq", "updates"),
    # −1 is as many updates as environment steps: 4 robots · 3 steps = 12.
    [(4, 3, 1, 4), (1, 2, 1, 1), (-1, 8, 3, 12)],
)
def test_policy_delay_must_divide_the_gradient_steps(gradient_steps, policy_delay, train_freq, updates):
    arguments = {"gradient_steps": gradient_steps, "policy_delay": policy_delay, "train_freq": train_freq}
    with pytest.raises(UserError, match=f"policy_delay of {policy_delay} does not divide gradient_steps {updates},"):
        is_fused(learning_starts=256, **arguments)
    assert not is_fused(learner="stock", learning_starts=256, **arguments)


def test_policy_delay_that_divides():
    assert is_fused(learning_starts=256, gradient_steps=8, policy_delay=4)
    assert is_fused(learning_starts=256, gradient_steps=-1, policy_delay=6, train_freq=3)


def test_batch_larger_than_what_is_stored_when_learning_starts():
    # Learning starts at the first multiple of 4 robots · 2 steps = 8 transitions that is more than learning_starts:
    # with 15 at 16, with 16 at 24.
    usual = {"batch_size": 17, "train_freq": 2}
    with pytest.raises(
        UserError, match=r"batch_size of 17 is more than the 16 transitions .* learning_starts of at least 16 "
    ):
        is_fused(learning_starts=15, **usual)
    assert is_fused(learning_starts=16, **usual)
    assert is_fused(learning_starts=15, **usual | {"batch_size": 16})


def test_batch_larger_than_the_whole_rollouts_of_a_buffer():
    # 100 transitions of 4 robots are 25 steps: three whole rollouts of 8 steps hold 3 · 8 · 4 = 96.
    with pytest.raises(UserError, match="batch_size of 100 is more than the 96 transitions stored"):
        is_fused(buffer_size=100, batch_size=100, train_freq=8, learning_starts=500)
    assert is_fused(buffer_size=100, batch_size=96, train_freq=8, learning_starts=500)


def test_defaults_of_sbx_are_read_where_nothing_is_given():
    # SBX learns from 101 transitions on, in batches of 256: 26 steps of 4 robots are 104.
    with pytest.raises(UserError, match="batch_size of 256 is more than the 104 transitions"):
        is_fused()


def test_built_agents_are_checked():
    with pytest.raises(UserError, match="does not divide gradient_steps 2"):
        fused_agent(policy_delay=3)
    with pytest.raises(UserError, match="more than the 12 transitions"):
        fused_agent(batch_size=13)
    with pytest.raises(UserError, match="only the fused learner"):
        small_agent(small_config("ppo", learner="fused", precision="bfloat16"))
    assert type(small_agent(fused_config("tqc"))) is FUSED_CLASSES["tqc"]
    assert type(small_agent(fused_config("td3", arguments={}))) not in FUSED_CLASSES.values()


def ask(buffer_size, *, fused, train_freq=1):
    arguments = {"buffer_size": buffer_size, "train_freq": train_freq}
    config = AgentConfig(algorithm="sac", arguments=arguments)
    spaces_of_task = {"observation_space": OBSERVATIONS, "action_space": ACTIONS}
    check_memory(config, arguments, fused=fused, num_envs=4, **spaces_of_task)


@pytest.mark.parametrize("fused", [True, False])
def test_buffer_beyond_its_share_of_the_memory(fused, monkeypatch):
    total = memory_limit_bytes()
    # A step of one robot is 2 + 1 + 2 + 3 = 8 numbers of 4 bytes, 32 bytes: 1,000 transitions are 32,000.
    monkeypatch.setattr(_choose_learner, "REPLAY_SHARE", 32_000 / total)
    ask(999, fused=fused)
    with pytest.raises(
        MemoryLimitError, match=r"1,004 transitions asks for 32,128 bytes.*smaller buffer_size"
    ) as error:
        ask(1004, fused=fused)
    assert error.value.bytes_asked == 32_128
    assert error.value.bytes_allowed in (31_999, 32_000)  # a float's rounding


def test_only_whole_rollouts_are_counted():
    # 10^15 transitions in rollouts of 3 steps: 10^15/4 = 2.5·10^14 steps, cut by one to a multiple of 3.
    with pytest.raises(MemoryLimitError) as error:
        ask(10**15, fused=True, train_freq=3)
    assert error.value.bytes_asked == (10**15 // 4 - 1) * 4 * 32
    with pytest.raises(MemoryLimitError) as error:
        ask(10**15, fused=False, train_freq=3)
    assert error.value.bytes_asked == 10**15 * 32


def test_ppo_has_no_replay_buffer():
    arguments = {}
    config = AgentConfig(algorithm="ppo")
    check_memory(config, arguments, fused=False, num_envs=10**15, observation_space=OBSERVATIONS, action_space=ACTIONS)
    with pytest.raises(MemoryLimitError):
        check_memory(
            AgentConfig(algorithm="td3"),
            arguments,
            fused=False,
            num_envs=10**15,
            observation_space=OBSERVATIONS,
            action_space=ACTIONS,
        )


@pytest.mark.parametrize("learner", ["fused", "stock"])
def test_nothing_is_allocated_for_a_buffer_that_is_refused(learner):
    gc.collect()  # agents of earlier tests
    before = len(jax.live_arrays())
    with pytest.raises(MemoryLimitError) as error:
        small_agent(small_config(learner=learner, arguments={"buffer_size": 10**14}))
    assert error.value.bytes_asked == 10**14 * 32  # 3.2 PB
    gc.collect()
    assert len(jax.live_arrays()) == before


def test_buffer_takes_the_bytes_that_were_asked_for(monkeypatch):
    # 400 transitions of 4 robots in rollouts of 3 steps are 99 rows: 99 · 4 · 32 bytes.
    monkeypatch.setattr(_choose_learner, "REPLAY_SHARE", 0.0)
    with pytest.raises(MemoryLimitError) as error:
        fused_agent(train_freq=3)
    monkeypatch.undo()
    memory = fused_agent(train_freq=3).replay_buffer.memory
    assert error.value.bytes_asked == sum(part.nbytes for part in memory) == 99 * 4 * 32


SCHEDULE = {"action_box_schedule": BoxSchedule(start=0.1, seconds=60)}
PENALTY = {"bounds_penalty": BoundsPenalty(weight=0.1)}
OPTIONS = {
    "action_box_schedule": SCHEDULE,
    "bounds_penalty": PENALTY,
    "squash: false": {"squash": False},
    "alive_bonus": {"alive_bonus": 0.01},
    "target_entropy_schedule": {
        "target_entropy_std": 0.5,
        "target_entropy_schedule": EntropySchedule(final_std=0.1, fall_steps=60),
    },
}


def config(algorithm="sac", **options):
    return AgentConfig(algorithm=algorithm, **options)


@pytest.mark.parametrize("algorithm", ["sac", "tqc"])
def test_the_fused_learner_has_all_alternatives(algorithm):
    for options in OPTIONS.values():
        check_alternatives(config(algorithm, **options))
    check_alternatives(config(algorithm, **SCHEDULE, **PENALTY))
    check_alternatives(config(algorithm, **PENALTY, squash=False, mean_penalty=0.1))


@pytest.mark.parametrize("option", OPTIONS)
def test_other_learners_have_no_alternatives(option):
    with pytest.raises(UserError, match=f"Only the fused learner of sac and tqc has {option}, and this is ppo"):
        check_alternatives(config("ppo", **OPTIONS[option]))
    with pytest.raises(UserError, match=f"has {option}, and this is tqc's stock one"):
        check_alternatives(config("tqc", learner="stock", **OPTIONS[option]))


@pytest.mark.parametrize("option", ["mean_penalty", "max_ent_coef"])
def test_changed_updates_of_the_actor_are_for_sac_and_tqc_with_either_learner(option):
    for learner in ("fused", "stock"):
        check_alternatives(config("tqc", **{option: 1.5}, learner=learner))
    with pytest.raises(UserError, match=f"{option} is 1.5, which only sac and tqc have, and this is td3"):
        check_alternatives(config("td3", **{option: 1.5}))


def test_the_mean_of_the_critics_is_for_sac_with_either_learner():
    for learner in ("fused", "stock"):
        check_alternatives(config(critics_for_actor="mean", learner=learner))
    with pytest.raises(UserError, match="critics_for_actor is mean, which only sac has, and this is tqc"):
        check_alternatives(config("tqc", critics_for_actor="mean"))


def test_agents_without_alternatives_may_have_any_learner():
    for algorithm in ("sac", "tqc", "ppo", "td3", "crossq"):
        check_alternatives(config(algorithm, learner="stock"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (SCHEDULE | {"squash": False}, "no box that could widen"),
        ({"squash": False, "arguments": {"action_noise": 0.1}}, "explores by its own deviation"),
        ({"max_ent_coef": 0.1, "arguments": {"ent_coef": 0.05}}, "ent_coef is 0.05, which stays as it is"),
        (OPTIONS["target_entropy_schedule"] | {"arguments": {"ent_coef": 0.05}}, "ent_coef is 0.05, .* the schedule"),
        ({"max_ent_coef": 0.1}, "'auto', which starts at 1, above max_ent_coef 0.1"),
        ({"max_ent_coef": 0.1, "arguments": {"ent_coef": "auto_0.2"}}, "starts at 0.2, above max_ent_coef 0.1"),
    ],
)
def test_alternatives_that_exclude_each_other(options, said):
    with pytest.raises(UserError, match=said):
        check_alternatives(config(**options))
