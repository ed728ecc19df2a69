"""The pages tell of every bundled task and every option of a simulator."""

import pytest

from tests.docs.pages import page
from tuner.simulators.gymnasium._simulator import GymnasiumOptions
from tuner.simulators.mujoco import CartpoleOptions, MujocoSimulator, VelocityFlatA1Options


def test_every_bundled_task_is_there():
    text = page("tasks-and-simulators.md")
    assert [task for task in MujocoSimulator().tasks() if f"| `{task}` |" not in text] == []


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("tasks-and-simulators.md", CartpoleOptions),
        ("tasks-and-simulators.md", VelocityFlatA1Options),
        ("own-environments.md", GymnasiumOptions),
    ],
)
def test_every_option_is_there(name, options):
    text = page(name)
    known = [field.alias or field_name for field_name, field in options.model_fields.items()]
    assert [option for option in known if f"\n| `{option}` |" not in text] == []
