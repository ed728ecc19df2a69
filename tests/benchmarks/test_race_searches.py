import json
import os
import sys
from pathlib import Path

import optuna
import psutil
import pytest
from _race_searches import CONTESTANTS, NOTHING, Assignment, Contestant, Found, search
from _race_tasks import Course

from tuner.config import load_study
from tuner.spaces import load_space

COURSE = Course.of("Cartpole")
HIDING = """
import pathlib, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
pathlib.Path("part").write_text(str(child.pid))
pathlib.Path("part").rename("child")
"""
ORPHAN = HIDING.replace("import pathlib", "import os, pathlib") + "\nif os.fork() == 0: time.sleep(600)\n"


def contestant(program: str, found=lambda _: NOTHING) -> Contestant:
    return Contestant(lambda _: [[sys.executable, "-c", program]], found)


def ended(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


@pytest.mark.parametrize("program", [HIDING + "time.sleep(600)", ORPHAN], ids=["running", "left by its parent"])
def test_nothing_that_a_search_started_outlives_it(program):
    seen = {}

    def found(folder: Path) -> Found:
        if not (folder / "child").exists():
            return NOTHING
        seen["child"], seen["folder"] = int((folder / "child").read_text()), folder
        return Found(3, 2, 0, {"ent_coef": 0.1, "tau": 0.05})

    result = search(contestant(program, found), COURSE, seconds=60.0, seed=0, trials=1)
    assert ended(seen["child"])
    assert not seen["folder"].exists()
    assert result == Found(3, 2, 0, {"ent_coef": 0.1})  # without what the study pins


def test_the_wall_clock_ends_a_search():
    assert search(contestant("import time; time.sleep(600)"), COURSE, seconds=0.1, seed=0) == NOTHING


def test_a_search_that_fails_says_what_it_printed():
    with pytest.raises(SystemExit, match=r"(?s)ended by itself, with an error.*no such luck"):
        search(contestant("raise SystemExit('no such luck')"), COURSE, seconds=60.0, seed=0)


def test_a_search_whose_trials_all_fail_is_no_result():
    failing = contestant("print('out of order')", lambda _: Found(4, 0, 4, None))
    with pytest.raises(SystemExit, match=r"(?s)4 of 4 trials failed.*out of order"):
        search(failing, COURSE, seconds=60.0, seed=0)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system has no affinity")
def test_two_runners_get_a_cpu_each_and_a_single_process_shares_both(tmp_path):
    say = (
        f"import os, pathlib; (pathlib.Path({str(tmp_path)!r}) / NAME).write_text(str(sorted(os.sched_getaffinity(0))))"
    )
    available = sorted(os.sched_getaffinity(0))[:2]
    if len(available) < 2:
        pytest.skip("two CPUs are needed")
    for names in (["one", "two"], ["alone"]):
        commands = [[sys.executable, "-c", say.replace("NAME", repr(name))] for name in names]
        search(Contestant(lambda _, commands=commands: commands, lambda _: NOTHING), COURSE, seconds=60.0, seed=0)
    read = {name: json.loads((tmp_path / name).read_text()) for name in ("one", "two", "alone")}
    assert read == {"one": available[:1], "two": available[1:], "alone": available}


def test_tuner_run_searches_the_study_from_a_cold_start(tmp_path):
    (command,) = commands("tuner", tmp_path)
    assert command[1:5] == ["-m", "tuner", "run", "quickstart"]
    config = settings("tuner", tmp_path)
    bundled = load_study("quickstart")
    assert (config.warm_start, config.budget.total_seconds, config.budget.seconds) == ((), 60.0, 24.0)
    assert (config.workers.count, config.workers.threads, config.sampler.seed) == (2, 1, 5)
    assert (config.fixed, config.search_space, config.task) == (bundled.fixed, "sac_speed", bundled.task)
    assert (config.sampler.kind, config.pruner, config.objective) == ("tpe", bundled.pruner, bundled.objective)


def test_the_stock_arm_differs_in_the_learner_only(tmp_path):
    ours, stock = settings("tuner", tmp_path), settings("tuner-stock", tmp_path)
    parameters = {**COURSE.study.fixed, "action_bound_fraction": 0.05, "ent_coef": 0.03, "target_entropy_std": 0.28}
    space = load_space(stock.search_space)
    expected = load_space(ours.search_space).agent(parameters, COURSE.task).model_copy(update={"learner": "stock"})
    assert space.agent(parameters, COURSE.task) == expected
    assert stock.model_copy(update={"search_space": ours.search_space}) == ours


def test_the_runners_of_rl_zoo_draw_other_numbers_in_every_search(tmp_path):
    seeds = [command[-1] for command in commands("zoo", tmp_path)]
    others = [command[-1] for command in commands("zoo", tmp_path, seed=6)]
    assert len({*seeds, *others}) == 4


def test_what_rl_zoo_found_is_its_best_complete_trial(tmp_path):
    assert CONTESTANTS["zoo"].found(tmp_path) == NOTHING
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(tmp_path / "zoo.log")))
    study = optuna.create_study(study_name="zoo", storage=storage, direction="maximize")
    assert CONTESTANTS["zoo"].found(tmp_path) == NOTHING
    for value, state in ((1.0, "COMPLETE"), (3.0, "COMPLETE"), (None, "PRUNED"), (None, "FAIL"), (None, "RUNNING")):
        trial = study.ask()
        trial.suggest_float("x", trial.number, trial.number)
        if state != "RUNNING":
            study.tell(trial, value, state=optuna.trial.TrialState[state])
    assert CONTESTANTS["zoo"].found(tmp_path) == Found(started=5, finished=3, failed=1, parameters={"x": 1.0})


def test_what_ray_tune_found_is_the_trial_with_the_best_last_report(tmp_path):
    assert CONTESTANTS["ray"].found(tmp_path) == NOTHING
    lines = [
        *({"trial": trial, "event": "started"} for trial in "abcd"),
        {"trial": "a", "event": "result", "value": 5.0, "parameters": {"x": 1}},
        {"trial": "a", "event": "result", "value": 2.0, "parameters": {"x": 1}},  # it was better before
        {"trial": "a", "event": "finished"},
        {"trial": "b", "event": "result", "value": 3.0, "parameters": {"x": 2}},  # still runs
        {"trial": "c", "event": "result", "value": float("nan"), "parameters": {"x": 3}},
        {"trial": "d", "event": "failed"},
    ]
    (tmp_path / "ray.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    assert CONTESTANTS["ray"].found(tmp_path) == Found(started=4, finished=1, failed=1, parameters={"x": 2})


def test_tuner_had_found_nothing_before_it_began(tmp_path):
    assert CONTESTANTS["tuner"].found(tmp_path) == NOTHING
    optuna.create_study(study_name="another", storage=f"sqlite:///{tmp_path / 'tuner.db'}")
    assert CONTESTANTS["tuner"].found(tmp_path) == NOTHING


def test_what_is_not_installed_is_named():
    needs = {"json": "json", "no_such_module": "'such[module]'"}
    assert Contestant(lambda _: [], lambda _: NOTHING, needs).missing() == {"'such[module]'"}


def commands(arm: str, folder: Path, seed: int = 5) -> list[list[str]]:
    return CONTESTANTS[arm].commands(Assignment(COURSE, 60.0, seed, folder))


def settings(arm: str, folder: Path):
    (command,) = commands(arm, folder)
    return load_study(command[4], [command[at + 1] for at, word in enumerate(command) if word == "--set"])
