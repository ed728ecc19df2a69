"""What README.md says of study files and commands is true."""

import re
from pathlib import Path

import pytest

from tuner.cli.app import load_command
from tuner.config import StudyConfig, bundled_studies, load_study
from tuner.spaces import load_space
from tuner.study import create_pruner, pruner_names, sampler_names

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()


def paths(model, prefix=""):
    """Return the dotted paths of everything that a study file can say."""
    found = []
    for name, field in model.model_fields.items():
        inner = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if is_model(kind)]
        found += paths(inner[0], f"{prefix}{name}.") if inner else [f"{prefix}{name}"]
    return found


def is_model(kind):
    return isinstance(kind, type) and hasattr(kind, "model_fields")


def test_the_study_file_in_the_readme_has_every_key_with_its_default(tmp_path):
    (block,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "study.yaml").write_text(block)
    shown = load_study(tmp_path / "study.yaml").model_dump()
    required = {"study", "task", "search_space", "warm_start", "objective"}
    minimal = {name: shown[name] for name in required}
    assert StudyConfig.model_validate({**minimal, "warm_start": ["sbx_default"]}).model_dump() == {
        **shown,
        "confirm": None,
    }
    written = {line.split(":")[0].strip(" {") for line in block.splitlines()} | set(re.findall(r"(\w+):", block))
    missing = [path for path in paths(StudyConfig) if path.rsplit(".")[-1] not in written]
    # In a study file `action_bounds` is the path of a file of its own.
    assert [path for path in missing if not path.startswith("action_bounds.")] == []


@pytest.mark.parametrize("command", re.findall(r"^ {4}tuner ([^#\n]+)", README, re.MULTILINE))
def test_every_command_in_the_readme_parses(command):
    name, *arguments = command.split()
    assert load_command(name).make_context(name, arguments).info_name == name


@pytest.mark.parametrize("name", sampler_names())
def test_the_readme_names_every_sampler(name):
    assert f"`{name}`" in README


def test_the_pruners_in_the_readme_exist():
    line = re.search(r"Pruners: (.*?)\)\.", README, re.DOTALL)[1]
    assert set(re.findall(r"`(\w+)`", line)) <= set(pruner_names())
    assert "time_to_return" in line


@pytest.mark.parametrize("name", sorted(bundled_studies()))
def test_every_bundled_study_is_in_the_readme_and_right(name):
    assert f"studies/{name}.yaml" in README
    study = load_study(name)
    space = load_space(study.search_space)
    reference = {study.confirm.reference} - {None} if study.confirm else set()
    assert {*study.warm_start, *reference} <= set(space.warm_starts)
    ranges = space.distributions(study.task)
    assert set(study.fixed) <= set(ranges)
    assert all(ranges[key].low <= value <= ranges[key].high for key, value in study.fixed.items())
    create_pruner(study.pruner, objective=study.objective, budget=study.budget, seed=0)
