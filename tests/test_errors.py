import pytest

from tuner.errors import TunerError, UserError, nearest, unknown_name


@pytest.mark.parametrize(
    ("given", "expected"),
    [("mujocco", "mujoco"), ("gymnasum", "gymnasium"), ("mujoco", "mujoco"), ("xyz", None), ("", None)],
)
def test_nearest(given: str, expected: str | None) -> None:
    assert nearest(given, ["gymnasium", "mujoco"]) == expected


def test_nothing_is_near_when_there_is_nothing() -> None:
    assert nearest("mujoco", []) is None


def test_unknown_name_says_what_was_given_meant_and_allowed() -> None:
    error = unknown_name("sampler", "tep", (name for name in ["tpe", "gp"]))
    assert isinstance(error, UserError)
    assert str(error) == "Unknown sampler 'tep'. Did you mean 'tpe'? Known: gp, tpe."


def test_unknown_name_does_not_guess_wildly() -> None:
    assert str(unknown_name("task", "zzz", ["Cartpole"])) == "Unknown task 'zzz'. Known: Cartpole."
    assert str(unknown_name("task", "zzz", [])) == "Unknown task 'zzz'. Known: none."


def test_unknown_name_says_where() -> None:
    error = unknown_name("parameter", "lrr", ["lr"], where="in 'fixed'")
    assert str(error) == "Unknown parameter 'lrr' in 'fixed'. Did you mean 'lr'? Known: lr."


def test_exit_codes() -> None:
    assert TunerError("x").exit_code == 1
    assert UserError("x").exit_code == 2
    assert isinstance(UserError("x"), TunerError)
