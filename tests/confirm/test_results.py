"""The results of a confirmation, as plain data."""

import json
import math
from dataclasses import replace
from typing import Any

from tests.confirm.racing import Race, play
from tests.study.toy import Lab
from tuner.analysis import Estimated
from tuner.config import TrialSpec
from tuner.confirm import Candidate, Confirmation, ConfirmRun, remarks
from tuner.workers import Recording


def candidate(number: int | None, *times: float | None, promised: float | None = None, **facts: Any) -> Candidate:
    """Return a candidate with runs on seeds 7, 8, … that took so long; None for one that was not reached."""
    runs = tuple(
        ConfirmRun(seed, "exhausted" if time is None else "reached", time, 100.0, 5.0, None)
        for seed, time in enumerate(times, start=7)
    )
    mean = sum(100.0 if time is None else time for time in times) / len(times) if times else math.nan
    label = "slow" if number is None else f"trial {number}"
    rate = sum(time is not None for time in times) / len(times) if times else math.nan
    return Candidate(number, label, promised, {}, runs, Estimated(mean, None, None), rate, facts.get("dropped"))


def confirmation(*candidates: Candidate, **facts: Any) -> Confirmation:
    known = {"winner": None, "finished": True, "outdated": None, **facts}
    return Confirmation("toy", 10.0, 100.0, (7, 8), candidates, **known)


def test_by_how_much_the_fresh_seeds_were_slower_than_promised() -> None:
    # (30 + 50) / 2 = 40 s, 16 s more than promised
    assert candidate(0, 30.0, 50.0, promised=24.0).gap_seconds == 16.0
    assert candidate(0, 20.0, promised=24.0).gap_seconds == -4.0
    assert candidate(0, 30.0, 50.0).gap_seconds is None
    assert candidate(0, promised=24.0).gap_seconds is None


def test_the_reference_is_the_one_that_is_no_trial() -> None:
    reference = candidate(None, 30.0)
    assert confirmation(candidate(0, 20.0), reference).reference == reference
    assert confirmation(candidate(0, 20.0)).reference is None


def test_as_json() -> None:
    first, second = candidate(0, 30.0, 50.0, promised=24.0), candidate(None)
    data = confirmation(first, second, winner=first, outdated="the task").to_json()
    assert json.loads(json.dumps(data["candidates"][0])) == {
        "number": 0,
        "label": "trial 0",
        "promised_seconds": 24.0,
        "agent": {},
        "runs": [
            {
                "seed": seed,
                "kind": "reached",
                "reached_seconds": time,
                "clock_seconds": 100.0,
                "best_return": 5.0,
                "directory": None,
                "contended": False,
                "device_class": None,
                "milestones": [],
                "metrics": None,
            }
            for seed, time in ((7, 30.0), (8, 50.0))
        ],
        "mean_seconds": {"value": 40.0, "low": None, "high": None},
        "success_rate": 1.0,
        "dropped": None,
        "milestones": [],
        "gap_seconds": 16.0,
    }
    assert (data["winner"], data["outdated"], data["seeds"], data["finished"]) == ("trial 0", "the task", (7, 8), True)
    assert (data["candidates"][1]["label"], data["candidates"][1]["gap_seconds"]) == ("slow", None)
    assert confirmation(first).to_json()["winner"] is None


def test_remarks_on_runs_that_broke_down() -> None:
    whole = candidate(0, 30.0, None)
    assert remarks(confirmation(whole)) == []
    broken = replace(whole, runs=(replace(whole.runs[0], kind="crashed"), replace(whole.runs[1], kind="diverged")))
    assert remarks(confirmation(candidate(1, 20.0), broken)) == [
        "Counted as not reached: trial 0 crashed on seed 1, trial 0 diverged on seed 2."
    ]


def test_remarks_on_one_run_that_shared_its_cpus() -> None:
    whole = candidate(0, 30.0, 40.0)
    shared = replace(whole, runs=(whole.runs[0], replace(whole.runs[1], contended=True)))
    (remark,) = remarks(confirmation(shared))
    assert remark == "1 of 2 runs shared its CPUs with other work; seconds of such runs do not compare."


def test_remarks_on_runs_of_several_device_classes() -> None:
    whole = candidate(0, 30.0, 40.0)
    mixed = replace(
        whole, runs=tuple(replace(run, device_class=name) for run, name in zip(whole.runs, "AB", strict=True))
    )
    assert remarks(confirmation(mixed)) == [
        "The runs' seconds do not compare, as they ran on several classes of devices: 1 on A, 1 on B."
    ]
    assert remarks(confirmation(replace(mixed, runs=mixed.runs[:1]))) == []


def test_runs_that_shared_their_cpus_are_told_apart(lab: Lab) -> None:
    race = Race(lab, "steady", "slow")
    undisturbed = play(race.seeds)

    def play_beside_others(spec: TrialSpec) -> Recording:
        recording = undisturbed(spec)
        return replace(recording, outcome=replace(recording.outcome, contended=race.seeds[spec.seed] == 1))

    found = race.run(top=2, seeds=2, recordings=play_beside_others)
    assert [[run.contended for run in candidate.runs] for candidate in found.candidates] == [[False, True]] * 2
    assert remarks(found) == ["2 of 4 runs shared their CPUs with other work; seconds of such runs do not compare."]
