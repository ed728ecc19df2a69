"""`tuner plot`: files, defaults and mistakes; what the figures show is tested in tests/figures."""

import json

import pytest
from typer.testing import CliRunner

from tests.figures.recordings import recording
from tests.support import odd_actions
from tuner.cli.app import app
from tuner.records import Tick

ODD = odd_actions.__file__


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def plot(*arguments):
    return CliRunner().invoke(app, ["plot", *map(str, arguments)])


def title_of(file):
    page = file.read_text("utf-8")
    return page[page.index("<title>") + 7 : page.index("</title>")]


def trial(folder, *estimates, target=None):
    folder.mkdir(parents=True)
    ticks = [Tick(index=n, clock_seconds=10.0 * n, estimate=value) for n, value in enumerate(estimates, start=1)]
    (folder / "curve.jsonl").write_text("".join(json.dumps(tick.to_json()) + "\n" for tick in ticks))
    (folder / "spec.json").write_text(json.dumps({"objective": {"target": target}}))
    return folder


@pytest.mark.parametrize(
    ("arguments", "file", "title"),
    [
        ([], "initial-squashed.html", "Squashed against plain"),
        (["--view", "gaussian", "--std", "0.5"], "initial-gaussian.html", "What PPO does first: a Gaussian about zero"),
        (["--box", -100, 100], "initial-rescaled.html", "Squashed and rescaled to the declared box"),
        (["--box", -100, 100, "--view", "box"], "initial-box.html", "The same Gaussian inside the declared box"),
        (["-o", "mine.html"], "mine.html", "Squashed against plain"),
    ],
)
def test_first_actions(here, arguments, file, title):
    shown = plot("initial", *arguments)
    assert (shown.exit_code, shown.stdout) == (0, f"{file}\n"), shown.stderr
    assert title_of(here / file) == title


@pytest.mark.parametrize("arguments", [("initial",), ("actions", "hot.npz"), ("bounds", "hot.npz"), ("curves", "run")])
def test_a_file_is_replaced_when_forced_only(here, arguments):
    recording([[[-3.0, 0.0]], [[3.0, 0.5]]]).save(here / "hot.npz")
    trial(here / "run", 1.0, 2.0)
    (here / "mine.html").write_text("mine")
    refused = plot(*arguments, "-o", "mine.html")
    assert refused.exit_code == 2
    assert refused.stderr == "Error: mine.html exists already. Name another file, or give --force to replace it.\n"
    assert (here / "mine.html").read_text() == "mine"
    assert plot(*arguments, "-o", "mine.html", "--force").exit_code == 0
    assert title_of(here / "mine.html")


def test_the_box_is_the_tasks(here):
    shown = plot("initial", "Cartpole", "--view", "box")
    assert shown.exit_code == 0, shown.stderr
    assert "declared bound \\u2212100" in (here / "initial-box.html").read_text()


def test_a_recording(here):
    recording([[[1.0, 2.0]], [[3.0, 4.0]]]).save(here / "ppo.npz")
    shown = plot("actions", "ppo.npz", "--percentiles", 10, 90)
    assert (shown.exit_code, shown.stdout) == (0, "ppo-actions.html\n"), shown.stderr
    page = (here / "ppo-actions.html").read_text()
    assert "PPO on Toy, trained, exploring: 2 commanded actions" in page
    assert "10th to 90th percentile" in page


def test_bounds_beside_a_recording(here):
    recording([[[1.0]], [[3.0]]], names=["hip"]).save(here / "ppo.npz")
    (here / "bounds.yaml").write_text(
        "schema: 1\ntask: {id: Toy}\nsource: percentiles\npercentiles: [5, 95]\nlow: [-2]\nhigh: [2.5]\n"
    )
    shown = plot("bounds", "bounds.yaml", "ppo.npz")
    assert (shown.exit_code, shown.stdout) == (0, "bounds.html\n"), shown.stderr
    page = (here / "bounds.html").read_text()
    assert title_of(here / "bounds.html") == "Action bounds of Toy, by source"
    assert "percentiles 5 to 95 (mean width 4.5)" in page
    assert "recorded minimum and maximum (mean width 2)" in page


def test_curves_of_folders(here):
    trial(here / "a" / "trial-0000", 1.0, 2.0, target=15.0)
    trial(here / "b" / "trial-0000", 3.0, target=15.0)
    shown = plot("curves", "a/trial-0000", "b/trial-0000", "--title", "Before & after")
    assert (shown.exit_code, shown.stdout) == (0, "curves.html\n"), shown.stderr
    page = (here / "curves.html").read_text()
    assert title_of(here / "curves.html") == "Before &amp; after"
    assert "target 15" in page
    assert '"name":"a\\u002ftrial-0000"' in page or '"name":"a/trial-0000"' in page
    (here / "curves.html").unlink()
    shown = plot("curves", "a/trial-0000", "b/trial-0000", "--label", "full box", "--label", "percentiles")
    assert shown.exit_code == 0, shown.stderr
    assert '"name":"full box"' in (here / "curves.html").read_text()


def test_curves_of_a_study(stored, here):
    config, _, _ = stored
    shown = plot("curves", "toy", "--storage", config.storage, "--top", 1, "-o", "toy.html")
    assert (shown.exit_code, shown.stdout) == (0, "toy.html\n"), shown.stderr
    page = (here / "toy.html").read_text()
    assert "trial 0 (good)" in page
    assert "other trials" in page
    assert "target 10" in page


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["initial", "--view", "box"], "Name a task, or give --box LOW HIGH"),
        (["initial", "Cartpole", "--box", -1, 1], "Choose one"),
        (["initial", "Cartpole", "--view", "gaussian"], "A TASK goes with --view box or rescaled only"),
        (["initial", "--box", -1, 1, "--view", "squashed"], "--box goes with --view box or rescaled only"),
        (["initial", "--box", -1, 1, "--dimension", 0], "--dimension goes with a TASK only"),
        (["initial", "--simulator", "mujoco"], "--simulator goes with a TASK only"),
        (["initial", "Cartpol"], "Did you mean 'Cartpole'?"),
        (["initial", "Cartpole", "--simulator", "mujocoo"], "Did you mean 'mujoco'?"),
        (["initial", "Cartpole", "--dimension", 1], "Cartpole has 1 action: 0 to 0"),
        (["initial", "PointMass", "--simulator", f"{ODD}:MatrixActions"], "Only a Box with one dimension has bounds"),
        (["initial", "PointMass", "--simulator", f"{ODD}:HalfInfiniteActions"], "has no end"),
        (["initial", "--box", 1, -1], "lower bound must be below"),
        (["initial", "--box", "-inf", 1], "has no end"),
        (["initial", "--std", 0], "must be a number above 0"),
        (["initial", "-o", "figure.pdf"], "must end in .html or .png"),
        (["actions", "none.npz"], "There is no recording none.npz"),
        (["actions", "."], "it has no spec.json"),
        (["bounds", "none.yaml"], "Cannot read the bounds file none.yaml"),
        (["bounds", "a.npz", "b.npz"], "at most one"),
        (["curves", "none-such-study"], "There is no storage"),
        (["curves", "a", "b"], "Cannot read a/curve.jsonl"),
        (["curves", "a", "b", "--label", "one"], "2 folders were given, but --label 1 times"),
        (["curves", "quickstart", "--label", "one"], "a study was given"),
    ],
)
def test_mistakes_are_one_message(here, arguments, message):
    shown = plot(*arguments)
    assert shown.exit_code == 2, shown.output
    assert message in shown.stderr
    assert shown.stderr.startswith("Error: ")
    assert list(here.iterdir()) == []
