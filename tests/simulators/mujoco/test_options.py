import pytest

from tests.simulators.mujoco.support import open_a1, open_cartpole
from tuner.errors import UserError


def test_defaults() -> None:
    assert open_cartpole(1).max_episode_steps == 300  # 5 s of 1/60 s
    assert open_a1(1).max_episode_steps == 1000  # 20 s of 0.02 s


def test_an_unknown_option_names_the_nearest() -> None:
    with pytest.raises(UserError, match=r"'observation_nose'.* Did you mean 'observation_noise'"):
        open_a1(1, observation_nose=False)


def test_options_of_one_task_are_unknown_to_the_other() -> None:
    with pytest.raises(UserError, match=r"'randomize'.*Known: max_episode_steps"):
        open_cartpole(1, randomize=False)


@pytest.mark.parametrize(("name", "value"), [("observation_noise", "yes"), ("randomize", 1), ("max_episode_steps", 0)])
def test_a_wrong_value_is_named(name: str, value: object) -> None:
    with pytest.raises(UserError, match=f"Option '{name}' of task Velocity-Flat-A1 is {value!r}"):
        open_a1(1, **{name: value})
