"""The commands that are printed as the next ones to run."""

from tuner.cli.printing.next_command import RunCommand
from tuner.config import DEFAULT_STORAGE


def test_the_same_command_repeats_what_was_given():
    given = RunCommand("toy.yaml", ["fixed={a: 1}", "study=b"], trials=3, timeout="1h30m", workers=2, storage="x://y")
    assert given.text() == (
        "tuner run toy.yaml --set 'fixed={a: 1}' --set study=b --trials 3 --timeout 1h30m --workers 2 --storage x://y"
    )
    assert RunCommand("toy.yaml").text() == "tuner run toy.yaml"


def test_another_number_of_trials_takes_the_place_of_the_one_that_was_given():
    assert RunCommand("toy.yaml", trials=3).text(trials=6) == "tuner run toy.yaml --trials 6"
    assert RunCommand("toy.yaml").text(trials=6) == "tuner run toy.yaml --trials 6"


def test_a_study_is_shown_by_its_file_as_long_as_nothing_was_overridden():
    plain = RunCommand("toy.yaml", trials=3)
    assert plain.show_text("toy", "sqlite:///its/own.db") == "tuner show toy.yaml"
    assert plain.confirm_text("toy", "sqlite:///its/own.db") == "tuner confirm toy.yaml"


def test_otherwise_it_is_shown_by_the_name_and_the_place_that_it_has():
    overridden = RunCommand("toy.yaml", ["study=b"])
    assert overridden.show_text("b", DEFAULT_STORAGE) == "tuner show b"
    assert overridden.confirm_text("b", "sqlite:///my file.db") == "tuner confirm b --storage 'sqlite:///my file.db'"
    moved = RunCommand("toy.yaml", storage="sqlite:///x.db")
    assert moved.show_text("toy", "sqlite:///x.db") == "tuner show toy --storage sqlite:///x.db"


def test_a_password_is_not_printed():
    url = "postgresql://me:secret@host/db"
    given = RunCommand("quickstart", storage=url)
    assert given.text() == "tuner run quickstart --storage 'postgresql://me:***@host/db'"
    assert "secret" not in given.show_text("quickstart", url)
    assert "secret" not in given.confirm_text("quickstart", url)
