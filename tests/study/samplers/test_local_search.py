"""A local search from the best trials so far."""

import math

import optuna
import pytest
from optuna.trial import TrialState
from pydantic import JsonValue

from tuner.config import SamplerConfig
from tuner.errors import UserError
from tuner.study import create_sampler
from tuner.study.samplers._local_search import LocalSampler

START = {f"x{i}": 0.6 for i in range(12)} | {"n": 8, "s": 0.5, "c": "b"}
CHOICES = ("a", "b", "c")


def ask(study: optuna.Study) -> optuna.Trial:
    trial = study.ask()
    for i in range(12):
        trial.suggest_float(f"x{i}", 0.1, 1.0, log=i % 2 == 0)
    trial.suggest_int("n", 1, 64, log=True)
    trial.suggest_float("s", 0.0, 1.0, step=0.25)
    trial.suggest_categorical("c", CHOICES)
    return trial


def started(sampler: LocalSampler, start: dict[str, float | str] | None = None) -> optuna.Study:
    """Return a study with one trial, a warm start."""
    study = optuna.create_study(sampler=sampler)
    study.enqueue_trial(START if start is None else start)
    study.tell(ask(study), 1.0)
    return study


def moved(trial: optuna.Trial, parent: dict[str, float | str] = START) -> set[str]:
    return {name for name, value in trial.params.items() if value != parent[name]}


def test_a_trial_is_the_best_one_with_a_few_parameters_changed_a_little() -> None:
    study = started(LocalSampler(changes=3.0, step=0.05, seed=0))
    trials = [ask(study) for _ in range(200)]
    counts = [len(moved(trial)) for trial in trials]
    assert min(counts) == 1
    assert sum(counts) / len(counts) == pytest.approx(3.0, abs=0.5)
    shares = [abs(trial.params["x1"] - 0.6) / 0.9 for trial in trials if "x1" in moved(trial)]
    assert max(shares) < 4 * 0.05
    assert set().union(*map(moved, trials)) == set(START)


def test_values_on_a_grid_move_to_another_one_and_stay_within() -> None:
    study = started(LocalSampler(changes=40.0, step=0.02, seed=1), START | {"n": 64, "s": 0.0})
    trials = [ask(study) for _ in range(60)]
    assert {trial.params["s"] for trial in trials} == {0.25}  # the only way from the end
    assert max(trial.params["n"] for trial in trials) == 63
    assert {trial.params["c"] for trial in trials} == {"a", "c"}


def test_large_steps_are_mirrored_at_the_ends() -> None:
    study = started(LocalSampler(changes=40.0, step=1.0, seed=2))
    values = [ask(study).params["x1"] for _ in range(300)]
    assert 0.1 <= min(values) < 0.15
    assert 0.95 < max(values) <= 1.0
    assert sum(0.1 < value < 1.0 for value in values) == len(values)


def test_a_parent_outside_the_range_is_taken_to_its_end() -> None:
    with pytest.warns(UserWarning, match="out of range"):
        study = started(LocalSampler(changes=1.0, seed=0), START | {"x1": 7.0})
    values = [ask(study).params["x1"] for _ in range(20)]
    assert max(values) == 1.0
    assert values.count(1.0) > 10


def test_parents_are_the_best_trials_the_best_of_all_most_often() -> None:
    study = optuna.create_study(sampler=LocalSampler(parents=2, changes=1.0, step=0.001, seed=0))
    for x, score in ((0.2, 3.0), (0.5, 1.0), (0.8, 2.0), (0.9, math.inf)):
        study.enqueue_trial({"x": x, "y": 0.5})
        trial = study.ask()
        trial.suggest_float("x", 0.0, 1.0), trial.suggest_float("y", 0.0, 1.0)
        study.tell(trial, score)
    near = []
    for _ in range(90):
        trial = study.ask()
        near.append(round(trial.suggest_float("x", 0.0, 1.0), 1))
        trial.suggest_float("y", 0.0, 1.0)
    assert set(near) == {0.5, 0.8}
    assert 1.4 < near.count(0.5) / near.count(0.8) < 2.9


@pytest.mark.parametrize(("direction", "best"), [("minimize", 0.2), ("maximize", 0.8)])
def test_pruned_trials_count_with_what_they_last_reported(direction: str, best: float) -> None:
    study = optuna.create_study(direction=direction, sampler=LocalSampler(parents=1, step=0.001, seed=0))
    for x in (0.2, 0.8):
        study.enqueue_trial({"x": x})
        trial = study.ask()
        trial.suggest_float("x", 0.0, 1.0)
        trial.report(0.5, 0)
        trial.report(x, 1)
        study.tell(trial, state=TrialState.PRUNED)
    assert study.ask().suggest_float("x", 0.0, 1.0) == pytest.approx(best, abs=0.01)


def test_a_running_trial_counts_with_what_it_last_reported() -> None:
    study = started(LocalSampler(parents=1, changes=1.0, seed=0))
    study.enqueue_trial(START | {"n": 16})
    running = ask(study)
    assert all(len(moved(ask(study))) == 1 for _ in range(20))  # it has reported nothing
    running.report(2.0, 0)
    assert all(len(moved(ask(study))) == 1 for _ in range(20))
    running.report(0.5, 1)
    assert all(len(moved(ask(study), running.params)) == 1 for _ in range(20))


@pytest.mark.parametrize("ended", [(), (math.inf,)], ids=["alone", "beside one without a score"])
def test_while_no_trial_has_reported_neighbours_of_running_warm_starts_are_proposed(ended: tuple[float, ...]) -> None:
    study = optuna.create_study(sampler=LocalSampler(changes=1.0, seed=0))
    for score in ended:
        study.tell(ask(study), score)
    study.enqueue_trial(START)
    ask(study)
    assert all(len(moved(ask(study))) == 1 for _ in range(20))


def test_without_a_score_proposals_are_random() -> None:
    study = optuna.create_study(sampler=LocalSampler(seed=0))
    for state in (TrialState.FAIL, TrialState.PRUNED):
        study.tell(ask(study), state=state)
    assert len(moved(ask(study))) > 10


def test_a_parameter_that_the_parent_does_not_have_is_random() -> None:
    study = started(LocalSampler(changes=1.0, seed=0))
    values = []
    for _ in range(20):
        trial = ask(study)
        values.append(trial.suggest_float("extra", 0.0, 1.0))
        assert len(moved(trial, START | {"extra": -1.0})) == 2
    assert len(set(values)) == 20


def test_pinned_parameters_use_up_no_moves() -> None:
    fixed = {name: value for name, value in START.items() if name != "n"}
    study = optuna.create_study(sampler=create_sampler(SamplerConfig(kind="local"), fixed=fixed))
    study.enqueue_trial(START)
    study.tell(ask(study), 1.0)
    assert all(moved(ask(study)) == {"n"} for _ in range(20))


def test_the_explorer_has_its_share_of_the_trials() -> None:
    study = started(LocalSampler(explore=0.3, seed=0))
    far = [len(moved(ask(study))) > 10 for _ in range(200)]
    assert sum(far) == pytest.approx(60, abs=20)


def test_another_sampler_explores_with_what_is_pinned() -> None:
    options: dict[str, JsonValue] = {"explore": 0.9, "explorer": "tpe", "parents": 1, "changes": 1.0, "step": 0.001}
    for seed in range(2):
        made = create_sampler(SamplerConfig(kind="local", seed=seed, options=options), fixed={"n": 8})
        study = optuna.create_study(sampler=made)
        study.enqueue_trial(START)
        for number in range(40):
            trial = ask(study)
            # The best trial is the start; TPE's good ones are those with a small x1.
            study.tell(trial, trial.params["x1"] if number else 0.0)
        late = [trial for trial in study.trials[20:] if len(moved(trial)) > 2]
        assert len(late) > 10
        assert {trial.params["n"] for trial in late} == {8}
        assert sum(trial.params["x1"] for trial in late) / len(late) < 0.4  # at random 0.55


def test_an_unknown_explorer_is_refused() -> None:
    with pytest.raises(UserError, match="sampler 'tpee'"):
        create_sampler(SamplerConfig(kind="local", options={"explore": 0.1, "explorer": "tpee"}))


def improvement(kind: str, seed: int) -> float:
    """Return what 40 trials leave of a warm start's distance to the optimum, a tenth away in each of 22 dimensions."""
    study = optuna.create_study(sampler=create_sampler(SamplerConfig(kind=kind, seed=seed)))
    names = [f"x{i}" for i in range(22)]
    study.enqueue_trial(dict.fromkeys(names, 0.5))
    for _ in range(40):
        trial = study.ask()
        values = [trial.suggest_float(name, 0.0, 1.0) for name in names]
        study.tell(trial, sum((value - (0.6 if i % 3 else 0.4)) ** 2 for i, value in enumerate(values)))
    return study.best_value / float(study.trials[0].value or math.nan)


def test_forty_trials_improve_a_warm_start_more_than_with_tpe() -> None:
    local, tpe = ([improvement(kind, seed) for seed in range(3)] for kind in ("local", "tpe"))
    assert max(local) < min(0.8, *tpe)


@pytest.mark.parametrize(
    "options",
    [{"parents": 0}, {"changes": 0.5}, {"step": 0.0}, {"step": 2.0}, {"explore": 1.0}, {"explorer": "tpe"}],
)
def test_options_out_of_range_are_refused(options: dict[str, JsonValue]) -> None:
    with pytest.raises(UserError, match="refuses its options"):
        create_sampler(SamplerConfig(kind="local", options=options))
