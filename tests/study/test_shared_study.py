"""Several managers run one study on a real server, as processes that are killed, halted and outlived by the others."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import FrozenTrial

from tests.storage.server import PASSWORD, Server
from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import MonotonicClock
from tuner.config import StudyConfig
from tuner.errors import UserError
from tuner.storage import BusyError, Owner, claiming, open_storage, runs_of, wait_for_others

pytestmark = pytest.mark.timeout(900)  # nine programs are started
ROOT = Path(__file__).parents[2]


class Process:
    """A manager as in `fast_manager.py`."""

    def __init__(self, config: StudyConfig, host: str, folder: Path, *, lease: float, pace: float, slots: int) -> None:
        self._said = folder / f"said-{time.monotonic_ns()}"
        arguments = [config.model_dump_json(), host, str(lease), str(pace), str(slots)]
        with self._said.open("w") as said:
            command = [sys.executable, "-m", "tests.study.fast_manager", *arguments]
            self.process = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT, cwd=ROOT)

    @property
    def said(self) -> str:
        """All that it has said."""
        return self._said.read_text()

    @property
    def runs(self) -> bool:
        """Whether the process has not ended."""
        return self.process.poll() is None

    def wait_for(self, text: str, seconds: float = 200.0) -> None:
        """Wait until it says something."""
        end = time.monotonic() + seconds
        while text not in self.said:
            assert self.runs or text in self.said, f"ended before it said '{text}': {self.said}"
            assert time.monotonic() < end, f"did not say '{text}': {self.said}"
            time.sleep(0.02)

    def signal(self, number: int) -> None:
        """Send a signal, if it has not ended."""
        with suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self.process.kill()
        self.process.wait()


class Hosts:
    """A study and the processes that run it."""

    def __init__(self, url: str, folder: Path, *, lease: float = 30.0, pace: float = 300.0, **sections: Any) -> None:
        self.config = Lab(None).config(storage=url, sampler={"kind": "random"}, **sections)
        self._folder, self._lease, self._pace = folder, lease, pace
        self.processes: list[Process] = []

    def start(self, host: str, *, slots: int = 1, pace: float | None = None) -> Process:
        """Start a manager on a host."""
        options = {"lease": self._lease, "pace": pace or self._pace, "slots": slots}
        self.processes.append(Process(self.config, host, self._folder, **options))
        return self.processes[-1]

    @property
    def study(self) -> optuna.Study:
        """The study as the storage has it."""
        return optuna.load_study(study_name=self.config.study, storage=open_storage(self.config.storage))

    @property
    def trials(self) -> list[FrozenTrial]:
        """Its trials."""
        return self.study.get_trials()

    def finish(self) -> None:
        """Wait until the study has ended and all processes with it; start one if all have been killed."""
        for process in self.processes:
            process.process.wait(250)
        if not any("finished" in process.said.splitlines() for process in self.processes):
            assert self.start("last").process.wait(250) == 0, self.processes[-1].said

    def check(self) -> None:
        """Assert that every trial was run to its end once, and those that were interrupted again."""
        trials, planned = self.trials, self.config.budget.trials
        assert Counter(trial.state.name for trial in trials if trial.state.name != "FAIL") == {"COMPLETE": planned}
        complete = Counter(trial.params["x"] for trial in trials if trial.state.name == "COMPLETE")
        assert set(complete.values()) == {1}
        failed = {trial.params["x"] for trial in trials if trial.state.name == "FAIL" and trial.params}
        assert failed <= set(complete)
        retried = Counter(trial.user_attrs["retry_of"] for trial in trials if "retry_of" in trial.user_attrs)
        assert set(retried.values()) <= {1}

    def end(self) -> None:
        """Kill what still runs."""
        for process in self.processes:
            process.kill()


@pytest.fixture
def hosts(server: Server, tmp_path: Path) -> Iterator[Any]:
    """Make `Hosts` whose processes are gone after the test."""
    made = []

    def make(**options: Any) -> Hosts:
        made.append(Hosts(server.new_database(), tmp_path, **options))
        return made[-1]

    yield make
    for each in made:
        each.end()


def test_they_run_its_trials_together_and_no_more(hosts: Any) -> None:
    managers = hosts(budget={"trials": 20}, warm_start=["slow", "fast"])
    for host in "abc":  # the database is empty, so that they create Optuna's tables at once too
        managers.start(host, slots=2)
    managers.finish()
    managers.check()
    starts = [trial.params["x"] for trial in managers.trials if "warm_start" in trial.user_attrs]
    assert sorted(starts) == [0.31, 0.7]
    hosts_of = Counter(trial.user_attrs["owner"]["host"] for trial in managers.trials)
    assert len(hosts_of) > 1, hosts_of
    assert [run["end"] for run in runs_of(managers.study)] == ["finished"] * 3
    assert PASSWORD not in str(managers.study.user_attrs) + "".join(process.said for process in managers.processes)


def test_who_waits_takes_over_what_a_killed_one_left(hosts: Any) -> None:
    managers = hosts(budget={"trials": 1}, fixed={"x": 0.9})
    first = managers.start("a", pace=1.5)  # the trial takes more than a minute
    first.wait_for("tick 0 1")
    second = managers.start("a")
    second.wait_for("joined")
    first.kill()
    assert second.process.wait(250) == 0
    assert f"Trial 0 is queued again: its manager, process {first.process.pid} on host a, is dead." in second.said
    managers.check()
    assert [run["end"] for run in runs_of(managers.study)] == ["lost", "finished"]


def test_one_that_stood_still_drops_what_others_have_taken_over(hosts: Any) -> None:
    managers = hosts(budget={"trials": 1}, fixed={"x": 0.9}, lease=5.0)
    first = managers.start("a", pace=1.5)  # the trial takes more than a minute
    first.wait_for("tick 0 1")
    first.signal(signal.SIGSTOP)
    second = managers.start("b")
    second.wait_for("started 1")
    first.signal(signal.SIGCONT)
    first.wait_for("Trial 0 was queued again by process")
    managers.finish()
    assert "seemed dead. What it found is dropped." in first.said
    managers.check()


def test_a_server_that_is_started_anew_costs_nothing(server: Server, hosts: Any) -> None:
    managers = hosts(budget={"trials": 2}, pace=20.0)
    manager = managers.start("a")
    manager.wait_for("tick 0 1")
    server.stop()
    manager.wait_for("says The database does not answer: ")
    server.start()
    manager.wait_for("says The database answers again.")
    managers.finish()
    managers.check()
    assert [trial.state.name for trial in managers.trials] == ["COMPLETE"] * 2


@pytest.mark.parametrize("seconds", [2.0, 8.0])  # less than the lease, and more
def test_a_server_that_does_not_answer_for_a_while_costs_nothing(server: Server, hosts: Any, seconds: float) -> None:
    managers = hosts(budget={"trials": 2}, pace=20.0, lease=5.0)
    manager = managers.start("a")
    manager.wait_for("tick 0 1")
    with server.halted():
        time.sleep(seconds)
    managers.finish()
    managers.check()
    assert [trial.state.name for trial in managers.trials] == ["COMPLETE"] * 2


def test_a_second_ctrl_c_does_not_wait_for_the_server(server: Server, hosts: Any) -> None:
    managers = hosts(budget={"trials": 4}, pace=20.0)
    manager = managers.start("a")
    manager.wait_for("tick 0 1")
    server.stop()
    try:
        manager.wait_for("says The database does not answer: ")
        manager.signal(signal.SIGINT)
        time.sleep(0.2)
        manager.signal(signal.SIGINT)
        assert manager.process.wait(200) == 2
        assert "cannot be reached: " in manager.said
        assert "Traceback" not in manager.said
    finally:
        server.start()
    managers.start("a", pace=300.0)
    managers.finish()
    managers.check()


def faults(server: Server, managers: Hosts, rounds: int, chance: random.Random) -> None:
    """Kill and halt managers and the server at random; let three managers run the study between."""
    for _ in range(rounds):
        while sum(process.runs for process in managers.processes) < 3:
            managers.start(chance.choice("ab"), slots=chance.choice((1, 2)))
        time.sleep(chance.uniform(0.2, 3.0))
        victim = chance.choice([process for process in managers.processes if process.runs] or managers.processes)
        fault = chance.choice(("kill", "kill", "halt", "restart", "silence"))
        if fault == "kill":
            victim.kill()
        elif fault == "halt":
            victim.signal(signal.SIGSTOP)
            time.sleep(chance.uniform(0.5, 8.0))
            victim.signal(signal.SIGCONT)
        elif fault == "restart":
            server.restart()
        else:
            with server.halted():
                time.sleep(chance.uniform(0.5, 5.0))


def test_faults_at_random(server: Server, hosts: Any) -> None:
    managers = hosts(budget={"trials": 30}, pace=60.0, lease=5.0)
    faults(server, managers, 5, random.Random(1))
    managers.finish()
    managers.check()


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.parametrize("seed", range(5))
def test_many_more_faults(server: Server, hosts: Any, seed: int) -> None:
    managers = hosts(budget={"trials": 60}, pace=60.0, lease=5.0)
    faults(server, managers, 10, random.Random(seed))
    managers.finish()
    managers.check()


def living(config: StudyConfig, **changes: Any) -> None:
    """Write that a manager on another host runs the study."""
    study = optuna.load_study(study_name=config.study, storage=open_storage(config.storage))
    (run,) = runs_of(study)
    owner = Owner("elsewhere", "1", 7, 1.0).to_json()
    study.set_user_attr("runs", [{**run, "owner": owner, "end": None, **changes}])


def test_a_manager_of_another_version_is_refused(server: Server) -> None:
    lab = Lab(None)
    config = lab.config(storage=server.new_database(), budget={"trials": 1})
    run(config)
    living(config, version="0.0.9")
    more = lab.config(storage=config.storage, budget={"trials": 1})
    with pytest.raises(
        UserError, match=r"run by version 0\.0\.9 of sac-tuner \(process 7 on host elsewhere\); this is"
    ):
        run(more)


def test_a_manager_with_another_study_file_is_refused(server: Server) -> None:
    lab = Lab(None)
    config = lab.config(storage=server.new_database(), budget={"trials": 1})
    run(config)
    living(config)
    same = lab.config(storage=config.storage, budget={"trials": 1, "total_seconds": 9.0}, workers={"threads": 1})
    run(same)
    living_twice = lab.config(storage=config.storage, budget={"trials": 2}, pruner={"kind": "median"})
    with pytest.raises(UserError) as caught:
        run(living_twice)
    assert '\n  budget.trials: 1 before, 2 now\n  pruner.kind: "none" before, "median" now\n' in str(caught.value)
    assert "Use the same file on all machines" in str(caught.value)


def run(config: StudyConfig) -> None:
    """Run a study in this process."""
    clock = toy.ManualClock()
    toy.Manager(config, toy.space(), toy.ReplayPool(toy.play, 1, clock), clock=clock).run()


def test_a_study_that_is_confirmed_takes_no_manager_meanwhile(server: Server) -> None:
    config = Lab(None).config(storage=server.new_database(), budget={"trials": 1})
    run(config)
    storage = open_storage(config.storage)
    confirm = optuna.create_study(storage=storage, study_name="toy/confirm")
    runs = runs_of(optuna.load_study(study_name="toy", storage=storage))
    owner = Owner("elsewhere", "1", 7, 1.0).to_json()
    confirm.set_user_attr("runs", [{**runs[0], "owner": owner, "end": None}])
    with pytest.raises(BusyError, match="The study 'toy' is being confirmed by process 7 on host elsewhere"):
        run(config)


def test_who_confirms_waits_until_the_others_have_ended(server: Server) -> None:
    config = Lab(None).config(storage=server.new_database(), budget={"trials": 1})
    run(config)
    living(config)

    class Ending(MonotonicClock):
        def sleep(self, seconds: float) -> None:
            """Let the other manager end meanwhile."""
            storage = open_storage(config.storage)
            study = optuna.load_study(study_name=config.study, storage=storage)
            with claiming(storage, config.study):
                study.set_user_attr("runs", [{**runs_of(study)[0], "end": "finished"}])

    wait_for_others(config.storage, config.study, Ending())
    assert [
        entry["end"] for entry in runs_of(optuna.load_study(study_name="toy", storage=open_storage(config.storage)))
    ] == ["finished"]
