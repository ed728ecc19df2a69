"""The race as a source of trials for the loop over the workers."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import optuna
from optuna.trial import FrozenTrial, TrialState

from tuner.analysis import restricted
from tuner.config import AgentConfig, StudyConfig, TrialSpec
from tuner.confirm._plan import CANDIDATE, RULE, SEED, Plan, run_of
from tuner.confirm._race import Key
from tuner.confirm._reading import runs_by_candidate, standing_of
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.storage import EndReason, StudySummary, attributes, outcome_of, study_of, transact
from tuner.study import RunningTrial, Verdict, conclude_trial, trial_spec
from tuner.training import StopRequest

_FAULTS = frozenset({OutcomeKind.CRASHED, OutcomeKind.HUNG, OutcomeKind.DIVERGED})


class RaceSource:
    """Gives every candidate in the race one seed after the other.

    A worker that would be idle at the end of a round begins the next one, with the candidates that are least likely to
    be dropped. If one is dropped, its run is stopped.

    Args:
        confirm: the Optuna study of the confirm runs.
        plan: who runs on which seeds.
        config: the study file.
        runs_dir: runs write their files to `<runs_dir>/<study>/confirm/trial-NNNN`; None for no files.
        say: is called with what the user should know, in one sentence.
    """

    def __init__(
        self,
        confirm: optuna.Study,
        plan: Plan,
        config: StudyConfig,
        runs_dir: Path | None,
        say: Callable[[str], None],
    ) -> None:
        self._confirm = confirm
        self._plan = plan
        self._config = config
        self._runs_dir = runs_dir
        self._say = say
        self._agents = {entrant.key: AgentConfig.model_validate(entrant.agent) for entrant in reversed(plan.entrants)}
        # A run that crashed or hung in an earlier command may succeed in this one.
        self._first = len(confirm.get_trials(deepcopy=False))
        self._whose: dict[int, tuple[Key, int]] = {}
        """Candidate and seed of this run's trials, by their numbers."""
        self._look()

    @property
    def finished(self) -> bool:
        """Whether every candidate has its seeds, or was dropped."""
        return self._standing.round > len(self._plan.seeds)

    def next_trial(self, running: Mapping[int, RunningTrial]) -> RunningTrial | None:
        """Return the next run; None if all necessary runs are done or running."""
        whose = self._next([self._whose[trial.spec.number] for trial in running.values()])
        return None if whose is None else self._started(*whose)

    def stop_at_tick(self, trial: RunningTrial, tick: Tick) -> StopRequest | None:
        """Let every run go on to its end: half a run says nothing about its time to return."""
        return None

    def stop_unneeded(self, running: Mapping[int, RunningTrial]) -> dict[int, StopRequest]:
        """Stop the runs of candidates that were dropped meanwhile."""
        dropped = self._standing.dropped
        return {
            slot: StopRequest(OutcomeKind.PRUNED, rule=RULE)
            for slot, trial in running.items()
            if self._whose[trial.spec.number][0] in dropped
        }

    def conclude(self, frozen: FrozenTrial, outcome: Outcome) -> Verdict:
        """Tell Optuna how a run ended, and update the race."""
        verdict = conclude_trial(self._confirm, frozen, outcome, self._config, requeue=False)
        before = self._standing.dropped
        self._look()
        for key, reason in self._standing.dropped.items():
            if key not in before:
                self._say(f"No further seeds for {self._plan.labels[key]}: {reason}.")
        return verdict

    def summary(self, *, reason: EndReason | None, wall_seconds: float, training_seconds: float) -> StudySummary:
        """Return how many runs are done, of those that are necessary if no other candidate is dropped."""
        seeds, dropped = self._plan.seeds, self._standing.dropped
        done = {key: [seed for seed in seeds if seed in self._runs.get(key, {})] for key in self._plan.labels}
        kinds = Counter(self._runs[key][seed].kind for key, own in done.items() for seed in own)
        ended = [trial for trial in self._confirm.get_trials(deepcopy=False) if trial.state.is_finished()]
        return StudySummary(
            study=self._confirm.study_name,
            trials=sum(len(own) if key in dropped else len(seeds) for key, own in done.items()),
            finished=kinds.total(),
            outcomes=dict(kinds),
            retried=sum(trial.state is TrialState.FAIL and not _final(trial) for trial in ended),
            reason=reason,
            wall_seconds=wall_seconds,
            training_seconds=training_seconds,
            standing=self._text(),
        )

    def _look(self) -> None:
        self._runs = runs_by_candidate(self._confirm, retry_before=self._first)
        self._standing = standing_of(self._plan, self._runs)

    def _next(self, running: Collection[tuple[Key, int]]) -> tuple[Key, int] | None:
        order = list(self._standing.racing)
        for number in range(self._standing.round, len(self._plan.seeds) + 1):
            seed = self._plan.seeds[number - 1]
            for key in order:
                if seed not in self._runs.get(key, {}) and (key, seed) not in running:
                    return key, seed
            order.sort(key=lambda key: (key not in self._plan.kept, self._mean(key)))
        return None

    def _started(self, key: Key, seed: int) -> RunningTrial:
        study = study_of(self._confirm.study_name)
        trial, spec = transact(self._confirm._storage, study, lambda: self._created(key, seed))
        self._whose[trial.number] = (key, seed)
        number = self._plan.seeds.index(seed) + 1
        label = f"{self._plan.labels[key]}, seed {number} of {len(self._plan.seeds)}"
        return RunningTrial(trial=trial, spec=spec, label=label)

    def _created(self, key: Key, seed: int) -> tuple[optuna.Trial, TrialSpec]:
        for running in self._confirm.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            if running.number not in self._whose:  # created, but the answer of the database was lost
                self._confirm.tell(running.number, state=TrialState.FAIL)
        trial = self._confirm.ask()
        attempt = self._faults(key, seed)
        spec = trial_spec(
            self._config,
            study=self._confirm.study_name,
            number=trial.number,
            attempt=attempt,
            seed=seed,
            agent=self._agents[key],
            runs_dir=self._runs_dir,
        ).model_copy(update={"final_evaluation": True})
        for name, value in {
            CANDIDATE: key,
            SEED: seed,
            attributes.ATTEMPT: attempt,
            attributes.SPEC: spec.model_dump(mode="json"),
        }.items():
            trial.set_user_attr(name, value)
        return trial, spec

    def _faults(self, key: Key, seed: int) -> int:
        """Return how often a run has failed since this command started."""
        trials = self._confirm.get_trials(deepcopy=False)[self._first :]
        outcomes = [outcome_of(trial) for trial in trials if run_of(trial) == (key, seed)]
        return sum(outcome is not None and outcome.kind in _FAULTS for outcome in outcomes)

    def _mean(self, key: Key) -> float:
        times = [run.reached_seconds for run in self._runs.get(key, {}).values()]
        return float(restricted(times, self._plan.budget_seconds).mean()) if times else self._plan.budget_seconds

    def _text(self) -> str:
        """Say where the race stands."""
        plan, standing = self._plan, self._standing
        known = sorted((key for key in standing.racing if self._runs.get(key)), key=self._mean)
        means = ", ".join(f"{plan.labels[key]} {self._mean_text(key)}" for key in known) or "no run has finished yet"
        dropped = ", ".join(plan.labels[key] for key in standing.dropped)
        return f"Mean time to return so far: {means}" + (f"; dropped: {dropped}" if dropped else "")

    def _mean_text(self, key: Key) -> str:
        reached = any(run.reached_seconds is not None for run in self._runs[key].values())
        return f"{'' if reached else '> '}{self._mean(key):.1f} s"


def _final(trial: FrozenTrial) -> bool:
    return bool(trial.user_attrs.get(attributes.FINAL))
