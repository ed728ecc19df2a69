"""docs/tasks-and-simulators.md tells of every bundled task and every option of a simulator."""

from tests.docs.pages import inline_code, page
from tuner.simulators.gymnasium._simulator import GymnasiumOptions
from tuner.simulators.mujoco import CartpoleOptions, MujocoSimulator, VelocityFlatA1Options

PAGE = page("tasks-and-simulators.md")


def test_every_bundled_task_is_there():
    assert [task for task in MujocoSimulator().tasks() if f"| `{task}` |" not in PAGE] == []


def test_every_option_is_there():
    named = set(inline_code(PAGE))
    for kind in (CartpoleOptions, VelocityFlatA1Options, GymnasiumOptions):
        assert {field.alias or name for name, field in kind.model_fields.items()} <= named
