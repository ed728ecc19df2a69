import shlex
import sys
from dataclasses import asdict
from functools import partial
from pathlib import Path

import against_zoo
import psutil
import pytest
from _race_searches import CONTESTANTS, Found, search
from _runs_file import append_line
from against_zoo import Race, Searched, Trained

from tuner.config import load_study
from tuner.records import Outcome, OutcomeKind

MARK = "SAC_TUNER_RACE_TEST"  # a variable of the environment that names the test that started a process
WINNER = {"ent_coef": 0.03, "action_bound_fraction": 0.05, "target_entropy_std": 0.28}


@pytest.fixture
def start(monkeypatch, capsys):
    def start(options: str) -> str:
        monkeypatch.setattr(sys, "argv", ["against_zoo.py", *shlex.split(options)])
        against_zoo.main()
        return capsys.readouterr().out

    return start


def searched(arm: str, repeat: int, *, started: int = 4, finished: int = 2, winner: bool = True) -> Searched:
    return Searched("Cartpole", arm, repeat, 60.0, 10.0, started, finished, 0, WINNER if winner else None)


def trained(arm: str, repeat: int, seed: int, reached: float | None) -> Trained:
    kind = "exhausted" if reached is None else "reached"
    return Trained("Cartpole", arm, repeat, 60.0, 10.0, seed, 4.5, kind, reached, reached or 10.0, 4.0, seed == 0)


RACE = Race(
    [
        *(searched("tuner", 0, started=9, finished=8), searched("tuner", 1, started=11, finished=9)),
        *(searched("zoo", 0), searched("zoo", 1, winner=False), searched("ray", 0)),
    ],
    [
        *(trained("tuner", 0, 0, 2.0), trained("tuner", 0, 1, 4.0)),
        *(trained("tuner", 1, 0, 6.0), trained("tuner", 1, 1, None)),
        *(trained("zoo", 0, 0, None), trained("zoo", 0, 1, 8.0)),
    ],
)


def test_the_table_compares_what_the_winners_were_worth(tmp_path: Path, start):
    file = tmp_path / "race.jsonl"
    for each in RACE.searches:
        append_line(file, {"search": asdict(each)})
    for each in RACE.trainings:
        append_line(file, {"training": asdict(each)})
    assert Race.read(file) == RACE
    lines = start(f"--table {file}").splitlines()
    assert lines[1] == "Cartpole: searches of 60 s on 2 CPUs, trials and trainings of 10 s"
    rows = {words[0]: words[1:] for words in (line.split() for line in lines[3:])}
    # searches, medians of 9 and 11 begun and 8 and 9 ended, winners, trainings
    assert rows["tuner"][:5] == ["2", "10", "8.5", "2", "4"]
    assert rows["zoo"][:5] == ["2", "4", "2", "1", "2"]
    # Of its four trainings ours reached the target in three: 75 %. RL Zoo's winner did once in two, and the search
    # without a winner counts as two more that did not: 25 %. Wilson's intervals of 3 and of 1 in 4.
    assert (rows["tuner"][5:9], rows["zoo"][5:9]) == (["75", "(30", "…", "95)"], ["25", "(5", "…", "70)"])
    # Means over trainings, with the budget of 10 s for those that did not: (2 + 4)/2 = 3 and (6 + 10)/2 = 8, together
    # 5.5; (10 + 8)/2 = 9 and 10, together 9.5.
    assert (rows["tuner"][9], rows["zoo"][9]) == ("5.500", "9.500")
    assert rows["zoo"][13] == "1.727"  # 9.5 / 5.5
    assert (rows["tuner"][-1], rows["zoo"][-1]) == ("2", "1")  # contended
    # The winner of Ray Tune has not been trained yet.
    assert rows["ray"] == ["1", "4", "2", "1", "0", "–", "–", "–", "0"]


def test_intervals_draw_searches_before_trainings():
    # Two searches, of 2 s and of 8 s in all their trainings: a sample is the mean of two of these numbers, so 2, 5 or 8
    # with probabilities of 1/4, 1/2 and 1/4. Drawing trainings without their searches would give many more values.
    means = against_zoo.resampled_means([[2.0] * 5, [8.0] * 5], 10.0, seed=0)
    assert set(means) == {2.0, 5.0, 8.0}
    assert (means == 5.0).mean() == pytest.approx(0.5, abs=0.02)
    # A single search whose trainings differ: a sample is the mean of two draws of 2 and 4.
    means = against_zoo.resampled_means([[2.0, 4.0]], 10.0, seed=0)
    assert set(means) == {2.0, 3.0, 4.0}
    assert (means == 3.0).mean() == pytest.approx(0.5, abs=0.02)


def test_searches_of_different_lengths_are_not_compared(tmp_path: Path, start):
    file = tmp_path / "race.jsonl"
    for seconds in (60.0, 30.0):
        append_line(file, {"search": {**asdict(searched("tuner", 0)), "seconds": seconds}})
    titles = [line for line in start(f"--table {file}").splitlines() if line.startswith("Cartpole")]
    assert [title.split()[3] for title in titles] == ["60", "30"]


@pytest.fixture
def made(monkeypatch) -> list[str]:
    """Names of what is searched and trained, by stand-ins; RL Zoo never finds a winner."""
    names: list[str] = []

    def search(contestant, course, *, seconds: float, seed: int) -> Found:
        (arm,) = (name for name, known in CONTESTANTS.items() if known is contestant)
        names.append(f"{arm} {seed} on {course.task.id}")
        return Found(3, 2, 0, None if arm == "zoo" else WINNER)

    def train_each(planned, keep, *_, **__) -> None:
        for run in planned:
            names.append(f"train {run.variant} seed {run.seed - against_zoo.FIRST_SEED}")
            keep(run, Outcome(OutcomeKind.REACHED, reached_seconds=5.0, clock_seconds=5.0), [])

    monkeypatch.setattr(against_zoo, "search", search)
    monkeypatch.setattr(against_zoo, "train_each", train_each)
    monkeypatch.setattr(against_zoo, "check", lambda _: None)
    return names


def test_contestants_search_in_turns_and_winners_are_trained_on_each_seed(tmp_path: Path, start, made):
    file = tmp_path / "race.jsonl"
    start(f"--tasks Cartpole --repeats 2 --seeds 2 --output {file}")
    searches = ["tuner 0", "zoo 0", "ray 0", "ray 1", "zoo 1", "tuner 1"]
    assert made[:6] == [f"{name} on Cartpole" for name in searches]
    winners = ["tuner 0", "ray 0", "ray 1", "tuner 1"]
    assert made[6:] == [
        *(f"train {name} seed 0" for name in winners),
        *(f"train {name} seed 1" for name in reversed(winners)),
    ]
    stored = Race.read(file)
    assert (len(stored.searches), len(stored.trainings)) == (6, 8)
    assert {training.target for training in stored.trainings} == {load_study("quickstart").objective.target}


def test_a_race_goes_on_where_it_ended(tmp_path: Path, start, made):
    file = tmp_path / "race.jsonl"
    start(f"--tasks Cartpole --repeats 1 --seeds 1 --arms tuner zoo --output {file}")
    made.clear()
    start(f"--tasks Cartpole --repeats 2 --seeds 2 --arms tuner zoo --output {file} --resume")
    assert made == [
        *("zoo 1 on Cartpole", "tuner 1 on Cartpole"),
        *("train tuner 1 seed 0", "train tuner 1 seed 1", "train tuner 0 seed 1"),
    ]
    made.clear()
    start(f"--tasks Cartpole --repeats 1 --seeds 1 --arms tuner --seconds 30 --output {file} --resume")
    assert made == ["tuner 0 on Cartpole", "train tuner 0 seed 0"]  # another wall clock is another race


def test_an_interruption_keeps_what_had_ended(tmp_path: Path, start, made, monkeypatch):
    file = tmp_path / "race.jsonl"
    stand_in = against_zoo.search

    def interrupted(*given, seed: int, **named) -> Found:
        if seed == 1:
            raise KeyboardInterrupt
        return stand_in(*given, seed=seed, **named)

    monkeypatch.setattr(against_zoo, "search", interrupted)
    with pytest.raises(SystemExit, match="the same command with --resume goes on"):
        start(f"--tasks Cartpole --repeats 2 --output {file}")
    assert [each.repeat for each in Race.read(file).searches] == [0, 0, 0]


def test_what_is_missing_is_named_before_anything_runs(tmp_path: Path, start, monkeypatch):
    monkeypatch.setattr(against_zoo, "CONTESTANTS", {"tuner": CONTESTANTS["tuner"], "zoo": Missing()})
    with pytest.raises(SystemExit, match=r"not installed\. Install them with: pip install 'such\[module\]'$"):
        start(f"--arms tuner zoo --output {tmp_path / 'race.jsonl'}")


class Missing:
    def missing(self) -> set[str]:
        return {"'such[module]'"}


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("arm", ["tuner", "zoo", "ray"])
def test_a_contestant_searches_and_its_winner_is_trained(arm: str, tmp_path: Path, start, monkeypatch):
    missing = CONTESTANTS[arm].missing()
    if missing:
        pytest.skip(f"pip install {' '.join(missing)}")
    file = tmp_path / "race.jsonl"
    monkeypatch.setenv(MARK, str(tmp_path))  # inherited by all that the race starts
    monkeypatch.setattr(against_zoo, "search", partial(search, trials=1))  # no longer than needed
    options = f"--tasks Cartpole --arms {arm} --repeats 1 --seconds 250 --budget-seconds 3 --seeds 1"
    out = start(f"{options} --output {file}")
    (found,), (training,) = Race.read(file).searches, Race.read(file).trainings
    assert found.started >= found.finished >= 1
    assert found.failed == 0
    assert set(found.parameters) == set(WINNER)
    assert (training.arm, training.kind) == (arm, "exhausted")
    assert arm in out.splitlines()[-1]
    assert not [process for process in psutil.process_iter() if started_by(tmp_path, process)]


def started_by(tmp_path: Path, process: psutil.Process) -> bool:
    """Whether this test's race started it; another test's may run beside it."""
    try:
        return process.environ().get(MARK) == str(tmp_path)
    except psutil.Error:
        return False
