"""docs/study-file.md tells of every key of a study file, and of every bundled study."""

import pytest
import yaml

from tests.docs.pages import fenced, page
from tests.export.example import example
from tuner.config import StudyConfig, bundled_studies, load_study
from tuner.export import dump_configuration
from tuner.spaces import load_space
from tuner.study import create_pruner

PAGE = page("study-file.md")


def paths(model, prefix=""):
    """Return the dotted paths of everything that a study file can say."""
    found = []
    for name, field in model.model_fields.items():
        inner = [kind for kind in (field.annotation, *getattr(field.annotation, "__args__", ())) if is_model(kind)]
        found += paths(inner[0], f"{prefix}{name}.") if inner else [f"{prefix}{name}"]
    return found


def is_model(kind):
    return isinstance(kind, type) and hasattr(kind, "model_fields")


def given(value, prefix=""):
    """Return the dotted paths of what a study file says."""
    if not isinstance(value, dict) or not value:
        return [prefix.rstrip(".")]
    return [path for key, inner in value.items() for path in given(inner, f"{prefix}{key}.")]


def test_the_block_has_every_key_with_its_default(tmp_path):
    (block,) = fenced(PAGE, "yaml")
    (tmp_path / "study.yaml").write_text(block)
    shown = load_study(tmp_path / "study.yaml").model_dump()
    required = {"study", "task", "search_space", "warm_start", "objective"}
    minimal = {name: shown[name] for name in required}
    assert StudyConfig.model_validate({**minimal, "warm_start": ["sbx_default"]}).model_dump() == {
        **shown,
        "confirm": None,
    }
    missing = set(paths(StudyConfig)) - set(given(yaml.safe_load(block)))
    # In a study file `action_bounds` is the path of a file of its own.
    assert {path for path in missing if not path.startswith("action_bounds.")} == set()


def test_the_warm_starts_of_every_kind_are_read(tmp_path):
    (block,) = (block for block in fenced(PAGE, "text") if block.startswith("warm_start:"))
    (tmp_path / "sac.yml").write_text("Pendulum-v1: {learning_rate: 0.001}\nAnt-v4: {gamma: 0.99}")
    (tmp_path / "best.json").write_text(dump_configuration(example()))
    (tmp_path / "study.yaml").write_text(
        f"study: mine\ntask: {{id: Toy}}\nsearch_space: sac_speed\nobjective: {{target: 1}}\n{block}"
    )
    starts = load_study(tmp_path / "study.yaml").warm_start
    names = [getattr(start, "name", start) for start in starts]
    assert names == ["raffin_part2", "values 2", "sac.yml:Pendulum-v1", "best.json", "sbx_default"]
    assert starts[-2].all_values["batch_size"] == 512


@pytest.mark.parametrize("name", sorted(bundled_studies()))
def test_every_bundled_study_is_there_and_right(name):
    assert f"`studies/{name}.yaml`" in PAGE
    study = load_study(name)
    space = load_space(study.search_space)
    reference = {study.confirm.reference} - {None} if study.confirm else set()
    starts = {start if isinstance(start, str) else start.name for start in study.warm_start}
    assert starts | reference <= set(space.warm_starts)
    ranges = space.distributions(study.task)
    assert set(study.fixed) <= set(ranges)
    assert all(ranges[key].low <= value <= ranges[key].high for key, value in study.fixed.items())
    create_pruner(study.pruner, objective=study.objective, budget=study.budget, seed=0)
