import pytest

from tuner.errors import UserError
from tuner.spaces import stated_steps, steps_to_target


@steps_to_target({"Cartpole": {2.0: 4_000, 4.0: 12_000}})
def careful(task):
    return {"x": 0.5}


def test_the_highest_return_up_to_the_target_is_told():
    assert stated_steps(careful, "Cartpole", 4.0) == (4.0, 12_000)
    assert stated_steps(careful, "Cartpole", 3.9) == (2.0, 4_000)
    assert stated_steps(careful, "Cartpole", 5.0) == (4.0, 12_000)


def test_nothing_is_stated_below_the_lowest_for_another_task_or_by_another_start():
    assert stated_steps(careful, "Cartpole", 1.0) is None
    assert stated_steps(careful, "Pendulum-v1", 4.0) is None
    assert stated_steps(lambda task: {}, "Cartpole", 4.0) is None


def test_the_start_stays_what_it_was():
    assert careful(None) == {"x": 0.5}
    assert careful.__name__ == "careful"


@pytest.mark.parametrize(
    "given",
    [12_000, {"Cartpole": 12_000}, {"Cartpole": {"4": 12_000}}, {"Cartpole": {4.0: 1.5}}, {"Cartpole": {4.0: 0}}],
)
def test_anything_else_is_refused(given):
    with pytest.raises(UserError, match="takes a dictionary from task ids"):
        steps_to_target(given)
