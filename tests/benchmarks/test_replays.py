import numpy as np
import pytest
from _replays import halves, print_table, replay_all, replay_parser, run, text

from tests.replay.recorded import DISTRIBUTIONS, FACTS, family, recordings, rising, study
from tuner.analysis import Estimated
from tuner.config import PrunerConfig
from tuner.replay import Arm, RecordingsFile, Settings, replay_data, summarize_arms, whole_seconds


@pytest.fixture
def data():
    return replay_data([recordings(family(20))])


def test_the_halves_are_alike_and_have_nothing_in_common(data):
    first, second = halves(data, 0)
    assert len(first.curves) == len(second.curves) == 10
    seen = [parameters["x"] for part in (first, second) for parameters in part.parameters]
    assert len(set(seen)) == 20
    # Neighbours by their true time are in different halves, so that the sorted times of both alternate.
    low = np.minimum(sorted(first.true_seconds), sorted(second.true_seconds))
    high = np.maximum(sorted(first.true_seconds), sorted(second.true_seconds))
    assert (high[:-1] <= low[1:]).all()
    assert halves(data, 0)[0].true_seconds == first.true_seconds


def test_both_halves_can_have_a_configuration(data):
    first, second = halves(data, 0, both=[3, 5])
    assert first.parameters[:2] == second.parameters[:2] == (data.parameters[3], data.parameters[5])
    assert len({parameters["x"] for part in (first, second) for parameters in part.parameters}) == 20


def test_several_processes_say_what_one_does(data):
    arms = [Arm("a", PrunerConfig()), Arm("b", PrunerConfig(kind="none"))]
    settings = Settings(trials=6, workers=2, repeats=3)
    assert replay_all(data, arms, settings, jobs=2) == replay_all(data, arms, settings, jobs=1)


def test_a_row_for_each_arm_is_printed(data, capsys):
    settings = Settings(trials=6, workers=2, repeats=3)
    results = replay_all(data, [Arm("first", PrunerConfig()), Arm("all", PrunerConfig(kind="none"))], settings, jobs=1)
    print_table("A title", summarize_arms(results, whole_seconds(data, settings), 100.0))
    title, head, first, last = capsys.readouterr().out.strip().splitlines()
    assert title == "A title"
    assert "/ first" in head
    assert (first.split()[0], last.split()[0]) == ("first", "all")


def test_numbers_have_their_interval():
    assert text(Estimated(0.5, 0.25, 1.0), ".1f", 100.0) == "50.0 (25.0 … 100.0)"
    assert text(Estimated(0.5, None, None), ".2f") == "0.50"


@pytest.mark.parametrize("options", [["--jobs", "0"], ["--repeats", "many"], ["--seed", "-1"]])
def test_numbers_out_of_range_are_named(options, capsys):
    with pytest.raises(SystemExit):
        replay_parser("", repeats=2).parse_args(["curves.jsonl", *options])
    assert f"argument {options[0]}: '{options[1]}', but must be an integer of at least" in capsys.readouterr().err


def test_recordings_that_never_reach_the_target_are_refused(tmp_path):
    file = RecordingsFile(tmp_path / "curves.jsonl", study(), FACTS, DISTRIBUTIONS)
    for place in range(4):
        file.append(rising(f"{place}", 5.0, 20.0, x=place / 4))
    arguments = replay_parser("", repeats=2).parse_args([str(tmp_path / "curves.jsonl")])
    with pytest.raises(SystemExit, match="No recorded run reached the target"):
        run(lambda arguments, data: None, arguments)


@pytest.mark.parametrize(
    ("options", "message"),
    [([], "There are 2 recorded configurations"), (["--figure", "arms.gif"], "arms.gif")],
)
def test_bad_input_ends_with_a_message(tmp_path, options, message):
    file = RecordingsFile(tmp_path / "curves.jsonl", study(), FACTS, DISTRIBUTIONS)
    for each in family(2):
        file.append(each)
    arguments = replay_parser("", repeats=2).parse_args([str(tmp_path / "curves.jsonl"), *options])
    with pytest.raises(SystemExit, match=message):
        run(lambda arguments, data: None, arguments)
