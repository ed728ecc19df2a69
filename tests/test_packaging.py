"""What users install: a wheel that carries everything, and runs a study far from the checkout."""

import email
import importlib.metadata
import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent


def run(*command, cwd, env=None):
    finished = subprocess.run([str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True)
    assert finished.returncode == 0, f"{command}\n{finished.stdout[-4000:]}\n{finished.stderr[-4000:]}"
    return finished.stdout


def bundled_names():
    return {
        f"tuner/bundled/{folder}/{file.name}"
        for folder, suffix in (("search_spaces", "*.py"), ("studies", "*.yaml"))
        for file in (ROOT / folder).glob(suffix)
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT, cwd=folder)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_carries_spaces_studies_and_models(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert len(bundled_names()) >= 6, "three search spaces and three studies at least"
    assert bundled_names() <= names
    models = {str(file.relative_to(ROOT)) for file in (ROOT / "tuner").rglob("*.xml")}
    assert models, "the embedded simulator's models are XML files"
    assert models <= names


def test_the_wheel_carries_every_module_and_nothing_else(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    modules = {str(file.relative_to(ROOT)) for file in (ROOT / "tuner").rglob("*.py")}
    assert modules <= set(names)
    assert {name.split("/")[0] for name in names} == {"tuner", "sac_tuner-" + wheel.name.split("-")[1] + ".dist-info"}
    assert not [name for name in names if "__pycache__" in name]


def test_a_checkout_lists_its_own_studies_and_spaces(tmp_path):
    studies = json.loads(run(sys.executable, "-m", "tuner", "studies", "--json", cwd=tmp_path))["studies"]
    assert {Path(study["file"]).parent for study in studies} == {ROOT / "studies"}
    spaces = json.loads(run(sys.executable, "-m", "tuner", "spaces", "--json", cwd=tmp_path))["spaces"]
    assert {Path(space["file"]).parent for space in spaces} == {ROOT / "search_spaces"}


def test_pinned_versions_cover_every_dependency():
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pinned = {canonicalize_name(line.partition("==")[0]) for line in lines if line and not line.startswith("#")}
    needed = {
        canonicalize_name(requirement.name)
        for requirement in map(Requirement, importlib.metadata.requires("sac-tuner") or [])
    }
    assert needed, "the package declares what it needs"
    assert needed <= pinned


def distributions_needed_by(wheel):
    """What pip would install with the wheel: the distributions that it requires, and those that they require."""
    with zipfile.ZipFile(wheel) as archive:
        (metadata,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        lines = email.message_from_bytes(archive.read(metadata)).get_all("Requires-Dist")
    waiting, found = [(line, "") for line in lines], {}
    while waiting:
        line, extra = waiting.pop()
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": extra}):
            continue
        for its_extra in ("", *requirement.extras):
            name = canonicalize_name(requirement.name), its_extra
            if name not in found:
                found[name] = importlib.metadata.distribution(requirement.name)
                waiting += [(required, its_extra) for required in found[name].requires or []]
    return found.values()


def environment_with_only(distributions, home):
    """A virtual environment that holds these distributions of ours, as links, and nothing else; return its Python."""
    venv.create(home)
    python = home / "bin" / "python"
    packages = Path(run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home).strip())
    for distribution in distributions:
        for name in {file.parts[0] for file in distribution.files} - {"..", "__pycache__"}:
            if not (packages / name).exists():
                (packages / name).symlink_to(distribution.locate_file(name))
    return python


@pytest.mark.slow
def test_an_installed_wheel_runs_a_study_outside_the_checkout(wheel, tmp_path):
    """The environment has what the wheel requires, in the versions that `make` installed; no development tools."""
    home = tmp_path / "environment"
    python = environment_with_only(distributions_needed_by(wheel), home)
    tuner = home / "bin" / "tuner"
    env = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    pip = (sys.executable, "-m", "pip", "--python", python)
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=tmp_path, env=env)
    run(*pip, "check", cwd=tmp_path, env=env)

    work = tmp_path / "work"
    work.mkdir()
    studies = json.loads(run(tuner, "studies", "--json", cwd=work, env=env))["studies"]
    assert {study["name"] for study in studies} >= {"quickstart", "a1_flat", "a1_flat_ppo"}
    assert all(home in Path(study["file"]).parents for study in studies)
    spaces = json.loads(run(tuner, "spaces", "--json", cwd=work, env=env))["spaces"]
    assert {space["name"] for space in spaces} >= {"sac_speed", "tqc_speed", "ppo_speed"}

    small = ("--set", "budget.seconds=2", "--set", "budget.ticks=4", "--workers", "1", "--trials", "1")
    small += ("--set", "workers.calibrate=false", "--set", "warm_start=[]")
    told = json.loads(run(tuner, "run", "quickstart", *small, "--json", cwd=work, env=env))
    assert sum(told["outcomes"].values()) == 1
    assert (work / "runs" / "tuner.db").is_file(), "results lie where the user is, not where the package is"
    shown = json.loads(run(tuner, "show", "quickstart", "--json", cwd=work, env=env))
    assert len(shown["trials"]) == 1
