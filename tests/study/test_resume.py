"""Stopping, being killed and resuming: nothing that finished is lost, and nothing runs twice."""

import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import optuna
import psutil
import pytest
from optuna.trial import TrialState

from tests.study import toy
from tests.study.toy import Lab, final_parameters, kill_at
from tuner.clock import wall_time
from tuner.config import StudyConfig, TrialSpec
from tuner.errors import TunerError, UserError
from tuner.records import Outcome, OutcomeKind
from tuner.simulators import task_revision
from tuner.storage import Owner, StudySummary, claiming, open_storage, runs_of
from tuner.study._resume import conclude_stale_trials


def stop_at(lab: Lab, config: StudyConfig, number: int, tick: int, *, slots: int = 1) -> StudySummary:
    """Run a study and ask it to stop at a tick of a trial."""
    listener = toy.Stopper(number, tick)
    manager = lab.manager(config, listener=listener, slots=slots)
    listener.stop = manager.request_stop
    return manager.run()


def test_a_finished_study_has_nothing_left_to_do(lab: Lab) -> None:
    config = lab.config()
    lab.run(config)
    summary = lab.run(config)
    assert (summary.finished, summary.wall_seconds, summary.reason) == (12, 0.0, "finished")
    assert len(lab.trials(config)) == 12


def test_more_trials_go_on_where_it_ended(lab: Lab) -> None:
    lab.run(lab.config())
    more = lab.config(budget={"trials": 20})
    assert lab.run(more).finished == 20
    assert len(set(final_parameters(lab, more))) == 20  # the sampler does not repeat its proposals


def test_interrupted_trials_are_queued_again(disk: Lab) -> None:
    config = disk.config(budget={"trials": 6})
    summary = stop_at(disk, config, 2, 3, slots=2)
    assert summary.reason == "interrupted"
    trials = disk.trials(config)
    interrupted = [trial for trial in trials if trial.user_attrs.get("outcome") == "interrupted"]
    queued = [trial for trial in trials if trial.state.name == "WAITING"]
    assert len(interrupted) == 2
    assert [trial.user_attrs["retry_of"] for trial in queued] == [trial.number for trial in interrupted]
    assert [trial.user_attrs["attempt"] for trial in queued] == [0, 0]  # an interruption costs no attempt
    assert all(trial.state.name == "FAIL" for trial in interrupted)

    assert disk.run(config, slots=2).finished == 6
    parameters = final_parameters(disk, config)
    assert len(parameters) == len(set(parameters)) == 6
    assert {trial.params["x"] for trial in interrupted} <= set(parameters)
    assert [run["end"] for run in runs_of(disk.load(config))] == ["interrupted", "finished"]


@pytest.mark.parametrize("slots", [1, 3])
def test_a_killed_manager_loses_nothing(disk: Lab, slots: int) -> None:
    config = disk.config(budget={"trials": 6})
    kill_at(disk, config, 4, 2, slots=slots)
    before = {trial.number: trial.value for trial in disk.trials(config) if trial.state.name == "COMPLETE"}
    running = [trial.params["x"] for trial in disk.trials(config) if trial.state.name == "RUNNING"]
    assert before
    assert running
    assert disk.run(config, slots=slots).finished == 6
    after = {trial.number: trial.value for trial in disk.trials(config)}
    assert {number: after[number] for number in before} == before
    assert "RUNNING" not in disk.states(config)
    parameters = Counter(final_parameters(disk, config))
    assert len(parameters) == 6
    assert all(parameters[x] == 1 for x in running)
    lost = [trial for trial in disk.trials(config) if trial.user_attrs.get("outcome") == "interrupted"]
    assert [trial.user_attrs["record"]["message"] for trial in lost] == [
        "The program was killed while this trial ran."
    ] * len(running)


def test_killed_again_and_again(lab: Lab) -> None:
    config = lab.config(budget={"trials": 4})
    for number in (1, 2, 3):  # trial 1, its repetition 2, its repetition 3
        kill_at(lab, config, number, 1)
    assert lab.run(config).finished == 4
    trials = lab.trials(config)
    assert [trial.params["x"] for trial in trials[1:5]] == [trials[1].params["x"]] * 4
    assert len(set(final_parameters(lab, config))) == 4


def test_warm_starts_come_first_and_only_once(lab: Lab) -> None:
    search_space = toy.space(slow={"x": 0.7, "y": "a"}, fast={"x": 0.31, "y": "b"}, odd={"x": 1.5, "y": "b"})
    config = lab.config(budget={"trials": 5}, warm_start=("slow", "fast"))
    kill_at(lab, config, 0, 2, search_space=search_space)
    assert lab.run(config, search_space).finished == 5
    trials = lab.trials(config)
    # 0 was killed and repeated after the other warm start; the name stays with the repetition
    assert [trial.user_attrs.get("warm_start") for trial in trials] == ["slow", "fast", "slow", None, None, None]
    assert [trial.params["x"] for trial in trials[:3]] == [0.7, 0.31, 0.7]
    more = lab.config(budget={"trials": 7}, warm_start=("slow", "fast", "odd"))
    assert lab.run(more, search_space).finished == 7
    added = lab.trials(more)[6]
    assert (added.user_attrs["warm_start"], added.params["x"]) == ("odd", 1.5)  # outside the space's range, as given


def test_pinned_parameters_win_over_warm_starts(lab: Lab) -> None:
    config = lab.config(budget={"trials": 2}, warm_start=("slow",), fixed={"x": 0.25})
    lab.run(config, toy.space(slow={"x": 0.7, "y": "a"}))
    assert [trial.params["x"] for trial in lab.trials(config)] == [0.25, 0.25]


def test_a_warm_start_with_an_unknown_parameter(lab: Lab) -> None:
    with pytest.raises(UserError, match=r"Unknown parameter 'xx' in warm start 'slow'"):
        lab.run(lab.config(warm_start=("slow",)), toy.space(slow={"xx": 0.7, "y": "a"}))


def test_a_warm_start_that_raises(lab: Lab) -> None:
    def broken(task: Any) -> Any:
        raise ZeroDivisionError("division by zero")

    space = toy.SearchSpace("toy", toy.toy, {"slow": broken}, "1")
    with pytest.raises(UserError, match=r"The warm start 'slow' of search space 'toy' failed at .*: ZeroDivisionError"):
        lab.run(lab.config(warm_start=("slow",)), space)


def test_an_unknown_warm_start_leaves_no_study_behind(lab: Lab) -> None:
    config = lab.config(warm_start=("slwo",))
    with pytest.raises(UserError, match=r"Unknown warm start 'slwo' of search space 'toy'. Did you mean 'slow'\?"):
        lab.run(config, toy.space(slow={"x": 0.7, "y": "a"}))
    with pytest.raises(KeyError):
        lab.load(config)


def picky(trial: Any) -> Any:
    """Gives up half of the space, its lowest values among it, before it asks for `y`."""
    if trial.suggest_float("x", 0.0, 1.0) < 0.5:
        raise toy.optuna.TrialPruned
    return toy.toy(trial)


@pytest.mark.parametrize("sampler", ["random", "tpe", "cmaes", "local"])
def test_a_space_that_gives_its_lowest_values_up_is_run(lab: Lab, sampler: str) -> None:
    config = lab.config(sampler={"kind": sampler}, warm_start=("kept", "given_up"), fixed={"y": "b"})
    search_space = toy.space(picky, kept={"x": 0.6, "y": "a"}, given_up={"x": 0.1, "y": "a"})
    assert lab.run(config, search_space).finished == 12
    trials = lab.trials(config)
    assert [trial.user_attrs.get("warm_start") for trial in trials[:3]] == ["kept", "given_up", None]
    for trial in trials:
        assert (trial.state.name == "PRUNED") is (trial.params["x"] < 0.5)
        assert trial.params.get("y", "b") == "b"


def test_a_space_that_gives_everything_up_leaves_no_study_behind(lab: Lab) -> None:
    config = lab.config(fixed={"x": 0.25})
    with pytest.raises(UserError, match=r"'toy' at .* gives up everything with \{'x': 0.25\} pinned"):
        lab.run(config, toy.space(picky))
    with pytest.raises(KeyError):
        lab.load(config)


@pytest.mark.parametrize(
    ("sections", "source", "message"),
    [
        ({"task": {"num_envs": 8}}, "1", "task.num_envs: 4 before, 8 now"),
        ({"task": {"id": "Other"}}, "1", 'task.id: "Toy" before, "Other" now'),
        ({"task": {"options": {"a": 1}}}, "1", 'task.options: {} before, {"a": 1} now'),
        ({"objective": {"target": 11.0}}, "1", "objective.target: 10.0 before, 11.0 now"),
        ({"budget": {"seconds": 50.0}}, "1", "budget.seconds: 100.0 before, 50.0 now"),
        ({"budget": {"ticks": 10}}, "1", "budget.ticks: 20 before, 10 now"),
        ({"search_space": "other"}, "1", 'search_space: "toy" before, "other" now\nGive'),
        ({"search_space": "other"}, "2", 'search_space: "toy" before, "other" now\nGive'),
        ({}, "2", "one's:\n  the search space's source has changed\nGive"),
    ],
)
def test_a_study_name_used_for_something_else(lab: Lab, sections: dict[str, Any], source: str, message: str) -> None:
    lab.run(lab.config(budget={"trials": 1}))
    with pytest.raises(UserError) as caught:
        lab.run(lab.config(**sections), toy.space(source_hash=source))
    assert message in str(caught.value)
    assert "Give the study another name" in str(caught.value)
    assert len(lab.trials(lab.config())) == 1


def test_a_task_that_has_changed_since_is_not_gone_on_with(lab: Lab) -> None:
    config = lab.config(task={"id": "Velocity-Flat-A1"}, budget={"trials": 1})
    lab.run(config)
    study, now = lab.load(config), task_revision(config.task)
    assert now is not None
    facts = study.user_attrs["fingerprint"]
    assert facts["task.revision"] == now
    study.set_user_attr("fingerprint", {**facts, "task.revision": now - 1})
    with pytest.raises(UserError, match=f"the task itself has changed: revision {now - 1} before, {now} now"):
        lab.run(config)
    del facts["task.revision"]  # as it was before tasks had revisions
    study.set_user_attr("fingerprint", facts)
    lab.run(config)


def mistaken(spec: TrialSpec) -> toy.Recording:
    """Return a trial that ends before training because of the user's mistake."""
    outcome = Outcome(OutcomeKind.CRASHED, message="No task 'Tyo'.", details={"user_error": True})
    return toy.Recording((), outcome)


def unlaunchable(spec: TrialSpec) -> toy.Recording:
    """Return a trial that crashes before training."""
    return toy.Recording((), Outcome(OutcomeKind.CRASHED, message="no"))


def test_a_mended_typo_does_not_cost_the_name(disk: Lab) -> None:
    search_space = toy.space(good={"x": 0.3, "y": "a"})
    wrong = disk.config(task={"id": "Tyo"}, warm_start=("good",), budget={"trials": 4})
    with pytest.raises(UserError, match="No task 'Tyo'"):
        disk.run(wrong, search_space, recordings=mistaken)
    right = disk.config(warm_start=("good",), budget={"trials": 4})
    listener = toy.Stopper(-1, 0)
    assert disk.run(right, search_space, listener=listener).finished == 4
    assert listener.messages == [
        "The study 'toy' starts again from nothing: none of its trials was trained to its end:\n"
        '  task.id: "Tyo" before, "Toy" now'
    ]
    assert [trial.user_attrs.get("warm_start") for trial in disk.trials(right)] == ["good"] + [None] * 3


def test_failures_before_training_do_not_cost_the_name_either(lab: Lab) -> None:
    with pytest.raises(TunerError, match="trials in a row failed in all their attempts"):
        lab.run(lab.config(workers={"retries": 0}), recordings=unlaunchable)
    other = lab.config(task={"options": {"a": 1}})
    assert lab.run(other).finished == 12
    assert len(lab.trials(other)) == 12


def test_a_warm_start_is_tried_again_after_a_mistake_outside_the_study_file(lab: Lab) -> None:
    search_space = toy.space(good={"x": 0.3, "y": "a"})
    config = lab.config(budget={"trials": 2}, warm_start=("good",))
    with pytest.raises(UserError, match="No task"):
        lab.run(config, search_space, recordings=mistaken)
    assert lab.run(config, search_space).finished == 2
    names = [trial.user_attrs.get("warm_start") for trial in lab.trials(config)]
    assert names == ["good", "good", None]  # the first failed, and does not count


def test_what_may_change_between_runs(lab: Lab) -> None:
    lab.run(lab.config(budget={"trials": 2}))
    other = lab.config(
        budget={"trials": 4, "total_seconds": 1e6},
        sampler={"kind": "tpe", "seed": 5},
        pruner={"kind": "median"},
        workers={"count": 2},
        fixed={"x": 0.5},
    )
    assert lab.run(other).finished == 4


def test_a_study_of_another_program(disk: Lab) -> None:
    config = disk.config()
    study = toy.optuna.create_study(study_name="toy", storage=toy.open_storage(config.storage))
    study.tell(study.ask(), 1.0)
    with pytest.raises(UserError, match=r"a study 'toy' that another program made\. Give yours another name"):
        disk.run(config)


def started_by(lab: Lab, config: StudyConfig, owner: Owner, *, seen: float) -> None:
    """Leave a study behind that looks as if `owner` were running it."""
    kill_at(lab, config, 0, 1)
    study = lab.load(config)
    run = {**runs_of(study)[-1], "owner": owner.to_json(), "end": None, "seen_epoch_seconds": seen}
    study.set_user_attr("runs", [run])


def test_a_living_manager_is_left_alone(disk: Lab) -> None:
    config = disk.config()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        here = Owner.current()
        owner = Owner(here.host, here.boot, other.pid, psutil.Process(other.pid).create_time())
        started_by(disk, config, owner, seen=wall_time())
        with pytest.raises(
            UserError,
            match=f"The study 'toy' is being run by process {other.pid} on host .*, which wrote \\d+ s ago. Wait until",
        ):
            disk.run(config)
        assert disk.states(config) == ["RUNNING"]
        other.communicate(b"\n")
    assert disk.run(config).finished == 12  # it has ended


@pytest.mark.parametrize(
    ("changes", "seen_ago", "alive"),
    [
        ({"pid": 1, "started": 0.0}, 0.0, False),  # the number was given to another process
        ({"boot": "before"}, 0.0, False),  # the machine was restarted
        ({"host": "elsewhere"}, 10.0, True),  # another machine, which wrote a moment ago
        ({"host": "elsewhere"}, 1000.0, False),  # another machine, silent for long
    ],
)
def test_who_is_taken_for_alive(lab: Lab, changes: dict[str, Any], seen_ago: float, alive: bool) -> None:
    config = lab.config()
    owner = Owner(**{**Owner.current().to_json(), **changes})
    started_by(lab, config, owner, seen=wall_time() - seen_ago)
    if alive:
        with pytest.raises(UserError, match=r"is being run by process .* on host elsewhere, which wrote 1\d s ago"):
            lab.run(config)
    else:
        assert lab.run(config).finished == 12


def test_what_somebody_else_has_ended_meanwhile_is_not_ended_again(disk: Lab) -> None:
    config = disk.config()
    mine = optuna.create_study(storage=open_storage(config.storage), study_name=config.study)
    own = mine.ask()
    optuna.load_study(storage=open_storage(config.storage), study_name=config.study).tell(own, state=TrialState.FAIL)
    assert mine.get_trials(deepcopy=False)[0].state is TrialState.RUNNING, "what it wrote itself, it does not read"
    with claiming(mine._storage, config.study):
        assert conclude_stale_trials(mine, config) == []
    assert [trial.state.name for trial in mine.get_trials(deepcopy=False)] == ["FAIL"]


def test_one_manager_at_a_time(disk: Lab, tmp_path: Path) -> None:
    config = disk.config()
    program = (
        "import sys; from pathlib import Path; from tuner.storage import manager_lock\n"
        "with manager_lock(Path(sys.argv[1]), 'toy'): print('held', flush=True); input()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "tuner.db.toy.lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=f"is being run by process {other.pid}"):
            disk.run(config)
        other.kill()
    assert disk.run(config).finished == 12  # the system dropped the lock of the killed process


def test_an_unknown_reference_of_the_confirmation(lab: Lab) -> None:
    config = lab.config(confirm={"reference": "slwo"})
    with pytest.raises(UserError, match=r"Unknown warm start 'slwo' of search space 'toy'. Did you mean 'slow'\?"):
        lab.run(config, toy.space(slow={"x": 0.7, "y": "a"}))
    with pytest.raises(KeyError):
        lab.load(config)


def test_a_reference_that_the_space_gives_up(lab: Lab) -> None:
    starts = {"given_up": {"x": 0.1, "y": "a"}, "kept": {"x": 0.7, "y": "a"}}
    config = lab.config(confirm={"reference": "given_up"})
    with pytest.raises(UserError, match=r"reference 'given_up' cannot be built: the search space 'toy' gives it up"):
        lab.run(config, toy.space(picky, **starts))
    assert lab.run(lab.config(confirm={"reference": "kept"}), toy.space(picky, **starts)).finished == 12


def test_a_confirmation_of_an_objective_without_times(lab: Lab) -> None:
    config = lab.config(confirm={"top": 1}, objective={"kind": "return_at_budget"})
    with pytest.raises(UserError, match=r"confirms times to return, but optimises return_at_budget\. Leave"):
        lab.run(config)


def test_a_confirmation_that_can_be(lab: Lab) -> None:
    config = lab.config(confirm={"reference": "slow"}, budget={"trials": 1})
    assert lab.run(config, toy.space(slow={"x": 0.7, "y": "a"})).finished == 1
