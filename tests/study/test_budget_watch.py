"""A budget that is too short by its steps, on the toy: 100 s in 20 ticks, so 5 % are over at the first tick.

A trial that reaches the target makes 1,000 steps a second until then. `slow` needs 84 s, `fast` 20 s.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.study import toy
from tests.study.toy import Lab
from tuner.analysis import summary_data
from tuner.config import TrialSpec
from tuner.listener import SilentListener
from tuner.records import Outcome, OutcomeKind, Tick
from tuner.spaces import SearchSpace, steps_to_target
from tuner.storage import StudySummary
from tuner.workers import Recording

NEVER = {"x": 1.0, "y": "a"}
SLOW = {"x": 0.7, "y": "a"}


class Hears(SilentListener):
    """Keeps the warnings, each with the trial and the tick after which it came."""

    def __init__(self) -> None:
        self.warnings: list[tuple[str, str]] = []
        self._at = "before any trial"

    def on_trial_started(self, slot: int, spec: TrialSpec, label: str) -> None:
        self._at = f"trial {spec.number} starts"

    def on_tick(self, slot: int, spec: TrialSpec, tick: Tick, score: float) -> None:
        self._at = f"trial {spec.number}, tick {tick.index}"

    def on_trial_finished(self, slot: int, spec: TrialSpec, outcome: Outcome, summary: StudySummary) -> None:
        self._at = f"trial {spec.number} ends"

    def on_warning(self, text: str) -> None:
        self.warnings.append((self._at, text))


def at_speed(steps_per_second: float) -> Callable[[TrialSpec], Recording]:
    """Return recordings whose ticks and outcomes have this many steps per second."""

    def play(spec: TrialSpec) -> Recording:
        made = toy.play(spec)
        ticks = tuple(replace(tick, env_steps=int(steps_per_second * tick.clock_seconds)) for tick in made.ticks)
        steps = int(steps_per_second * made.outcome.clock_seconds)
        return replace(made, ticks=ticks, outcome=replace(made.outcome, env_steps=steps))

    return play


def space(steps: int | None = None, *, target: float = 10.0, **starts: dict[str, Any]) -> SearchSpace:
    """Return the toy with warm starts; the first states that it needs so many steps, if any."""
    made = toy.space(**starts)
    if steps is None:
        return made
    first, *_ = starts
    stated = steps_to_target({"Toy": {target: steps}})(made.warm_starts[first])
    return replace(made, warm_starts={**made.warm_starts, first: stated})


def run(lab: Lab, made: SearchSpace, speed: float, **sections: Any) -> list[tuple[str, str]]:
    listener = Hears()
    config = lab.config(**{"warm_start": tuple(made.warm_starts), "budget": {"trials": 1}, **sections})
    lab.run(config, made, recordings=at_speed(speed), listener=listener)
    return listener.warnings


def told(lab: Lab, study: str = "toy") -> str | None:
    return summary_data(lab.load(lab.config(study=study))).budget_warning


def test_a_stated_need_that_the_speed_does_not_allow(lab: Lab) -> None:
    [(when, text)] = run(lab, space(50_000, known=NEVER), 400.0)
    assert when == "trial 0, tick 1"
    # 400 · 100 s = 40,000 steps; 50,000 / 400 = 125 s
    assert text == (
        "The budget of 100 s may be too short for the target of 10: trial 0 makes 400 environment steps per second, "
        "40,000 in the budget, but the least that any configuration is known to need is 50,000 (known, to a return of "
        "10). Raise budget.seconds to at least 125, in a study of another name, give each trial more threads "
        "(workers.threads is 2), or use a smaller network. Configurations that nobody has tried may need fewer steps."
    )
    assert told(lab) == text


def test_a_stated_need_that_the_speed_allows(lab: Lab) -> None:
    assert run(lab, space(40_000, known=NEVER), 400.0) == []
    assert told(lab) is None


def test_what_a_lower_return_needs_the_target_needs_too(lab: Lab) -> None:
    assert "is 50,000 (known, to a return of 8)" in run(lab, space(50_000, target=8.0, known=NEVER), 400.0)[0][1]
    assert run(lab, space(50_000, target=11.0, known=NEVER), 400.0, study="higher") == []


def test_only_trials_of_warm_starts_that_state_their_need_are_judged(lab: Lab) -> None:
    made = space(50_000, known=NEVER, other=NEVER | {"y": "b"})
    [(when, _)] = run(lab, made, 400.0, warm_start=("other", "known"), budget={"trials": 2})
    assert when == "trial 1, tick 1"


def test_any_trial_is_judged_by_a_need_that_only_a_warm_start_outside_of_the_study_states(lab: Lab) -> None:
    [(when, _)] = run(lab, space(50_000, known=NEVER), 400.0, warm_start=())
    assert when == "trial 0, tick 1"


def test_one_configuration_that_needs_less_is_enough(lab: Lab) -> None:
    made = space(50_000, known=NEVER, second=NEVER)
    modest = steps_to_target({"Toy": {10.0: 30_000}})(made.warm_starts["second"])
    made = replace(made, warm_starts={**made.warm_starts, "second": modest})
    assert run(lab, made, 400.0) == []


def test_the_speed_counts_after_five_percent_and_the_warning_comes_once(lab: Lab) -> None:
    made = space(50_000, known=NEVER, again=NEVER | {"y": "b"})
    again = steps_to_target({"Toy": {10.0: 60_000}})(made.warm_starts["again"])
    made = replace(made, warm_starts={**made.warm_starts, "again": again})
    [(when, _)] = run(lab, made, 400.0, budget={"trials": 2, "ticks": 50})
    assert when == "trial 0, tick 3"  # of 2 s each: 4 % are over after two


def test_a_trial_of_an_earlier_study_that_took_longer_than_this_budget(lab: Lab) -> None:
    slow = space(slow=SLOW)  # 20 + 400 · 0.16 = 84 s, 84,000 steps
    assert run(lab, slow, 1000.0, study="earlier") == []
    short = {"trials": 1, "seconds": 50.0}
    [(when, text)] = run(lab, slow, 1000.0, budget=short)
    assert when == "trial 0, tick 1"
    assert (
        "50,000 in the budget, but the least that any configuration is known to need is 84,000 (trial 0 of the" in text
    )
    assert "study 'earlier'). Raise budget.seconds to at least 84," in text
    # Another number of robots or another target needs another number of steps.
    assert run(lab, slow, 1000.0, budget=short, study="robots", task={"num_envs": 8}) == []
    assert run(lab, slow, 1000.0, budget=short, study="target", objective={"target": 9.0}) == []


def test_a_trial_that_took_less_than_this_budget_here_is_enough_however_slow_others_are(lab: Lab) -> None:
    assert run(lab, space(slow=SLOW), 1000.0, study="earlier") == []
    assert run(lab, space(slow=NEVER), 100.0) == []  # allows 10,000 of 84,000 steps, but 84 s were enough


def test_a_trial_that_was_timed_elsewhere_counts_by_its_steps(lab: Lab) -> None:
    assert run(lab, space(slow=SLOW), 1000.0, study="earlier", workers={"threads": 4}) == []
    [(_, text)] = run(lab, space(slow=NEVER), 100.0)
    assert "is 84,000 (trial 0 of the study 'earlier')" in text


def test_a_study_that_goes_on_is_warned_before_its_first_trial(lab: Lab) -> None:
    made = space(50_000, known=NEVER)
    assert len(run(lab, made, 400.0)) == 1
    [(when, text)] = run(lab, made, 400.0, budget={"trials": 2})
    assert when == "before any trial"
    assert "trial 0 makes 400 environment steps per second" in text


def test_the_speed_of_earlier_trials_with_other_threads_says_nothing(lab: Lab) -> None:
    made = space(50_000, known=NEVER)
    assert len(run(lab, made, 400.0)) == 1
    assert run(lab, made, 600.0, budget={"trials": 2}, workers={"threads": 4}) == []
    assert told(lab) is None  # the warning of the run before is dropped


def test_a_trial_that_reaches_the_target_takes_the_warning_back(lab: Lab) -> None:
    made = space(50_000, known=NEVER, fast={"x": 0.3, "y": "a"})
    assert len(run(lab, made, 400.0, budget={"trials": 2})) == 1
    assert told(lab) is None


def test_nothing_is_said_of_trials_that_count_no_steps_or_have_no_target(lab: Lab) -> None:
    assert run(lab, space(50_000, known=NEVER), 0.0) == []
    objective = {"kind": "return_at_budget", "target": 10.0}
    assert run(lab, space(50_000, known=NEVER), 400.0, study="returns", objective=objective) == []


def test_a_trial_that_trained_on_after_the_target_needed_its_share_of_the_steps(lab: Lab) -> None:
    def trained_on(spec: TrialSpec) -> Recording:
        made = toy.play(spec)
        outcome = replace(made.outcome, kind=OutcomeKind.REACHED, reached_seconds=84.0, clock_seconds=100.0)
        return replace(made, outcome=replace(outcome, env_steps=100_000))

    config = lab.config(study="earlier", warm_start=("slow",), budget={"trials": 1})
    lab.run(config, space(slow=SLOW), recordings=trained_on)
    [(_, text)] = run(lab, space(slow=SLOW), 1000.0, budget={"trials": 1, "seconds": 50.0})
    assert "is 84,000 (" in text


def test_a_run_that_ends_before_a_trial_can_spend_its_budget(lab: Lab) -> None:
    [(when, text)] = run(lab, space(None, known=NEVER), 400.0, budget={"trials": 1, "total_seconds": 100.0})
    assert when == "before any trial"
    assert text.startswith("This run ends after 100 s, but a trial may train for 100 s.")
    assert run(lab, space(None, known=NEVER), 400.0, budget={"trials": 2, "total_seconds": 101.0}) == []
