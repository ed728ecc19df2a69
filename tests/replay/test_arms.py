from dataclasses import replace

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.pruners import NopPruner
from optuna.samplers import RandomSampler

from tests.replay.recorded import study
from tuner.config import PrunerConfig, SamplerConfig
from tuner.errors import UserError
from tuner.replay import Arm, check_arms, parse_arm


@pytest.mark.parametrize(
    ("text", "arm"),
    [
        ("a=", Arm("a", PrunerConfig())),
        ("a=median", Arm("a", PrunerConfig(kind="median"))),
        ("late=warmup=0.6, percentile=20", Arm("late", PrunerConfig(options={"warmup": 0.6, "percentile": 20}))),
        (
            "zoo=median,n_warmup_steps=13,by=steps",
            Arm("zoo", PrunerConfig(kind="median", options={"n_warmup_steps": 13}), by_steps=True),
        ),
        (
            "near=none,sampler=local,sampler.parents=5",
            Arm("near", PrunerConfig(kind="none"), sampler=SamplerConfig(kind="local", options={"parents": 5})),
        ),
        (
            "slow=patient,patience=3,wrapped_pruner={kind: median}",
            Arm("slow", PrunerConfig(kind="patient", options={"patience": 3, "wrapped_pruner": {"kind": "median"}})),
        ),
    ],
)
def test_an_arm_is_read(text, arm):
    assert parse_arm(text) == arm


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("median", "--arm is 'median', but must be NAME=PRUNER"),
        ("=median", "must be NAME=PRUNER"),
        ("a=median,fast", r"has 'fast', but its options are option=value\. Pruners: time_to_return"),
        ("a=median,by=return", "compares by=return"),
        ("a=time_to_return,by=steps", "the ticks of time_to_return are seconds"),
        ("a=none,sampler.parents=5", "without a sampler"),
        ("a=none,sampler=lokal", "'lokal'"),
        ("a=median,n_warmup_steps=[", "is no YAML"),
    ],
)
def test_a_wrong_arm_is_named(text, message):
    with pytest.raises(UserError, match=message):
        parse_arm(text)


def test_a_sampler_is_made_with_the_seed_of_a_study():
    arm = parse_arm("near=none,sampler=local,sampler.parents=5")
    values = [
        optuna.create_study(sampler=arm.make_sampler(seed)).ask({"x": FloatDistribution(0.0, 1.0)}).params["x"]
        for seed in (0, 0, 1)
    ]
    assert values[0] == values[1] != values[2]
    assert isinstance(replace(arm, sampler=lambda seed: RandomSampler(seed=seed)).make_sampler(0), RandomSampler)
    assert replace(arm, sampler=None).make_sampler(0) is None


def checked(*arms: Arm, trials: int = 60) -> None:
    config = study()
    check_arms(arms, config.objective, config.budget, trials=trials)


def test_options_of_a_sampler_that_are_used_late_are_tried():
    config, arm = study(), parse_arm("a=none,sampler=tpe,sampler.n_ei_candidates=-1")
    check_arms([arm], config.objective, config.budget, trials=60)
    with pytest.raises(UserError, match="The sampler 'tpe' fails with its options"):
        check_arms([arm], config.objective, config.budget, trials=60, free={"x": FloatDistribution(0.0, 1.0)})


def test_two_arms_of_one_name_are_refused():
    with pytest.raises(UserError, match="The arm 'a' is given twice"):
        checked(parse_arm("a=median"), parse_arm("a=none"))


def test_wrong_options_are_named_before_anything_is_replayed():
    with pytest.raises(UserError, match="has no option 'percentil'"):
        checked(parse_arm("a=percentil=3"))


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        ("a=median", 5),
        ("a=median,n_startup_trials=9", 9),
        ("a=patient,patience=3,wrapped_pruner={kind: median}", 5),
    ],
)
def test_an_arm_needs_more_trials_than_its_pruner_waits_for(text, waits):
    checked(parse_arm(text), trials=waits + 1)
    with pytest.raises(UserError, match=f"before {waits} others have ended, but a replayed study has {waits} trials"):
        checked(parse_arm(text), trials=waits)


def test_the_options_of_a_wrapped_pruner_count():
    wrapped = {"kind": "percentile", "options": {"percentile": 30.0, "n_startup_trials": 7}}
    arm = Arm("a", PrunerConfig(kind="patient", options={"patience": 3, "wrapped_pruner": wrapped}))
    checked(arm, trials=8)
    with pytest.raises(UserError, match="before 7 others have ended"):
        checked(arm, trials=7)


@pytest.mark.parametrize("text", ["a=", "a=percentile=0", "a=successive_halving", "a=hyperband", "a=none"])
def test_pruners_that_compare_two_trials_need_no_more(text):
    checked(parse_arm(text), trials=2)


def test_an_arm_may_make_a_pruner_that_study_files_do_not_know():
    seen = []

    def make(objective, budget, seed):
        seen.append((objective.target, budget.ticks, seed))
        return NopPruner()

    checked(Arm("own", make))
    assert seen == [(10.0, 10, 0)]


@pytest.mark.parametrize("given", ["-1", ".nan", ".inf", "true", "soon"])
def test_what_a_sampler_takes_is_a_number_that_is_not_negative(given):
    with pytest.raises(UserError, match=r"proposal_seconds .* a number that is not negative"):
        parse_arm(f"a=none,sampler=random,proposal_seconds={given}")


def test_only_a_sampler_takes_time():
    assert parse_arm("a=none,sampler=random,proposal_seconds=0.5").proposal_seconds == 0.5
    with pytest.raises(UserError, match="proposal_seconds without a sampler"):
        parse_arm("a=none,proposal_seconds=0.5")
