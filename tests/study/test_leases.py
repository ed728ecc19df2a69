"""Several managers of one study, on a real server, by a model: whatever happens to them, no trial is lost or run twice.

The managers are real ones whose loops are driven step by step; time is a clock that the test moves.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count

import optuna
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from optuna.storages import BaseStorage

from tests.storage.server import Server
from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.config import StudyConfig
from tuner.storage import Owner, counts, open_storage
from tuner.storage._patience import PatientStorage
from tuner.study import Manager
from tuner.study._resume import open_study
from tuner.workers import ReplayPool

TRIALS = 5
LEASE_SECONDS = 120.0


class Simulated:
    """A manager on a host of its own choice, and its loop."""

    numbers = count(1)

    def __init__(self, config: StudyConfig, clock: ManualClock, host: str, storage: BaseStorage) -> None:
        self.storage = storage
        self.owner = Owner(host, "1", next(self.numbers), 1.0)
        self.messages: list[str] = []
        with self.acting():
            listener = toy.Stopper(-1, -1)
            self.messages = listener.messages
            pool = ReplayPool(toy.play, 2, clock)
            manager = Manager(config, toy.space(fast={"x": 0.31, "y": "b"}), pool, listener=listener, clock=clock)
            self.study, self.record = open_study(config, manager._space, storage, slots=2, clock=clock)
            self.loop = manager._loop(self.study, self.record)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Be the process that runs."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(Owner, "current", lambda: self.owner)
            yield

    def step(self, seconds: float) -> None:
        """Do what the loop does once."""
        with self.acting():
            self.loop._fill_slots()
            for event in self.loop._pool.poll(seconds):
                self.loop._handle(event)
            self.loop._renew_lease()

    @property
    def holds(self) -> list[int]:
        """Numbers of the trials that it takes for its own."""
        return [trial.spec.number for trial in self.loop._running.values() if not trial.lost]


class Managers(RuleBasedStateMachine):
    """Managers start, work, stand still and are killed, in any order."""

    url: str
    storages: list[BaseStorage]
    """One for each manager that lives, and one to look with; opening one takes longer than all else."""
    numbers = count()

    def __init__(self) -> None:
        super().__init__()
        self.clock = ManualClock()
        self.clock.sleep(1e6)
        self.alive: dict[int, Simulated] = {}
        self.dead: set[Owner] = set()
        self.twice = False
        self.storage, *self.free = self.storages
        sections = {"budget": {"trials": TRIALS, "ticks": 4}, "warm_start": ["fast"], "storage": self.url}
        self.config = Lab(None).config(study=f"s{next(self.numbers)}", **sections)
        self.patch = pytest.MonkeyPatch()
        self.patch.setattr("tuner.storage._runs.storage_time", lambda _: self.clock.now())
        self.patch.setattr("tuner.storage._own_trials.CLOCK", self.clock)
        self.patch.setattr(Owner, "alive", lambda owner: self._is_alive(owner))
        plain = PatientStorage.repeat

        def repeat(storage, action):
            if self.twice and not storage.in_transaction:
                plain(storage, action)  # the server did it, but its answer was lost
            return plain(storage, action)

        self.patch.setattr(PatientStorage, "repeat", repeat)

    def _is_alive(self, owner: Owner) -> bool | None:
        if owner.host != Owner.current().host:
            return None
        return owner not in self.dead

    @precondition(lambda self: len(self.alive) < 3)
    @rule(host=st.sampled_from(["a", "b"]))
    def start(self, host: str) -> None:
        manager = Simulated(self.config, self.clock, host, self.free.pop())
        self.alive[manager.owner.pid] = manager

    @precondition(lambda self: self.alive)
    @rule(data=st.data(), seconds=st.sampled_from([0.0, 10.0, 60.0]), twice=st.booleans())
    def work(self, data: st.DataObject, seconds: float, twice: bool) -> None:
        self.twice = twice
        self._chosen(data).step(seconds)
        self.twice = False

    @precondition(lambda self: self.alive)
    @rule(data=st.data())
    def kill(self, data: st.DataObject) -> None:
        manager = self._chosen(data)
        del self.alive[manager.owner.pid]
        self.free.append(manager.storage)
        self.dead.add(manager.owner)

    @rule(seconds=st.sampled_from([1.0, 31.0, LEASE_SECONDS + 1.0]))
    def wait(self, seconds: float) -> None:
        self.clock.sleep(seconds)

    def _chosen(self, data: st.DataObject) -> Simulated:
        return self.alive[data.draw(st.sampled_from(sorted(self.alive)))]

    @invariant()
    def no_more_than_planned_and_none_twice(self) -> None:
        trials = self.trials()
        assert sum(counts(trial) or trial.state.name == "RUNNING" for trial in trials) <= TRIALS
        complete = Counter(trial.params["x"] for trial in trials if trial.state.name == "COMPLETE")
        assert set(complete.values()) <= {1}, complete
        retried = Counter(trial.user_attrs["retry_of"] for trial in trials if "retry_of" in trial.user_attrs)
        assert set(retried.values()) <= {1}, retried
        assert (
            sum(trial.user_attrs.get("warm_start") == "fast" and "retry_of" not in trial.user_attrs for trial in trials)
            <= 1
        )

    @invariant()
    def a_running_trial_has_one_owner(self) -> None:
        holders = Counter(number for manager in self.alive.values() for number in manager.holds)
        for trial in self.trials():
            if trial.state.name == "RUNNING":
                assert holders[trial.number] <= 1
                for manager in self.alive.values():
                    if trial.number in manager.holds:
                        assert trial.user_attrs["owner"] == manager.record.owner

    def trials(self) -> list[optuna.trial.FrozenTrial]:
        if self.config.study not in optuna.get_all_study_names(self.storage):
            return []
        return optuna.load_study(study_name=self.config.study, storage=self.storage).get_trials()

    def teardown(self) -> None:
        """Let a last manager find the others dead and finish the study."""
        try:
            self.clock.sleep(LEASE_SECONDS + 1.0)
            last = Simulated(self.config, self.clock, "c", self.free.pop())
            for _ in range(200):
                if last.loop._source.finished and not last.loop._running:
                    break
                last.step(100.0)
            trials = self.trials()
            assert Counter(trial.state.name for trial in trials if trial.state.name != "FAIL") == {"COMPLETE": TRIALS}
            lost = {trial.params.get("x") for trial in trials if trial.state.name == "FAIL"} - {None}
            assert lost <= {trial.params["x"] for trial in trials if trial.state.name == "COMPLETE"}
            self.no_more_than_planned_and_none_twice()
        finally:
            self.patch.undo()


def play_with(server: Server, *, examples: int, steps: int) -> None:
    Managers.url = server.new_database()
    Managers.storages = [open_storage(Managers.url) for _ in range(4)]
    Managers.storages.insert(0, open_storage(Managers.url, read_only=True))
    run_state_machine_as_test(
        Managers,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(1200)
def test_whatever_happens_to_managers_every_trial_is_run_once(server: Server) -> None:
    play_with(server, examples=3, steps=12)


@pytest.mark.soak
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_many_more_such_stories(server: Server) -> None:
    play_with(server, examples=100, steps=30)
