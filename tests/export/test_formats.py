"""The formats by name, and what each takes."""

from types import SimpleNamespace

import pytest
import yaml

from tests.export.example import example
from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.export import POLICY_FORMATS, Format, format_names, get_format, load_configuration
from tuner.spaces import load_space

CONFIGURATIONS = [name for name in format_names() if name not in POLICY_FORMATS]


def test_every_format_is_found_by_its_name():
    assert format_names() == [*CONFIGURATIONS, *POLICY_FORMATS] == ["sbx", "zoo", "isaaclab", "json", "onnx"]
    for name in CONFIGURATIONS:
        found = get_format(name)
        assert isinstance(found, Format)
        assert found.name == name


def test_an_unknown_format_is_answered_with_the_nearest():
    with pytest.raises(
        UserError, match=r"Unknown format 'sbz'\. Did you mean 'sbx'\? Known: isaaclab, json, onnx, sbx, zoo"
    ):
        get_format("sbz")


def test_json_is_read_back(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(get_format("json").text(example()))
    assert load_configuration(file) == example()


@pytest.mark.parametrize("form", CONFIGURATIONS)
def test_the_recipe_with_which_sac_walks_is_exported_in_every_format(form):
    space, task = load_space("sac_legged"), TaskConfig(id="Velocity-Flat-A1", num_envs=256)
    legs = SimpleNamespace(names=("FL_hip_joint", "FL_thigh_joint", "FL_calf_joint"), scale=(0.25, 0.25, 0.25))
    agent = space.agent(space.warm_start("a1_walker", task), task).resolved([-100.0] * 3, [100.0] * 3, legs)
    assert isinstance(agent.initial_std, tuple)
    text = get_format(form).text(example().model_copy(update={"agent": agent, "task": task}))
    if form == "sbx":
        compile(text, "agent.py", "exec")
        changes = (
            "falling_entropy(SAC, ",
            "limiting_ent_coef(algorithm, largest=0.03)",
            "averaging_critics(algorithm)",
        )
        assert all(f"algorithm = {change}" in text for change in changes)  # which SBX does not have
    else:
        assert isinstance(yaml.safe_load(text), dict)


class Picky(Format):
    name = "picky"
    suffixes = (".a", ".b")

    def text(self, configuration):
        return ""


def test_a_format_may_insist_on_the_end_of_the_name(tmp_path):
    Picky().check_name(tmp_path / "x.a")
    with pytest.raises(UserError, match=r"x\.c cannot be exported as picky: the file's name must end in \.a or \.b"):
        Picky().check_name(tmp_path / "x.c")
    get_format("json").check_name(tmp_path / "any.thing")


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_every_format_writes_the_example(name):
    assert "Pendulum-v1" in get_format(name).text(example())
