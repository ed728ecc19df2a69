"""Annotations laid over a storage, through optuna-dashboard itself."""

import io
import json

import optuna
import optuna_dashboard
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.dashboard._annotated_storage import AnnotatedStorage
from tuner.dashboard._annotations import Annotations
from tuner.dashboard._pictures import PictureStore
from tuner.storage import open_storage


class Shown:
    """optuna-dashboard over a storage, asked without a server."""

    def __init__(self, storage, folder):
        self.clock = ManualClock()
        self.storage = AnnotatedStorage(storage, Annotations(storage, shown_storage="sqlite:///x.db", clock=self.clock))
        self._app = optuna_dashboard.wsgi(self.storage, PictureStore(storage, folder))

    def ask(self, path, method="GET", data=None):
        """Return the status and the body of an answer."""
        body = b"" if data is None else json.dumps(data).encode()
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "CONTENT_TYPE": "application/json",
            "CONTENT_LENGTH": str(len(body)),
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(body),
            "wsgi.errors": io.StringIO(),
        }
        found = {}

        def start_response(status, headers, exc_info=None):
            found.update(status=int(status.split()[0]), headers=dict(headers))

        content = b"".join(self._app(environ, start_response))
        return found["status"], content

    def study(self, number=0):
        """Return what the dashboard's page gets to know of a study."""
        status, body = self.ask(f"/api/studies/{number}")
        assert status == 200
        return json.loads(body)


@pytest.fixture
def shown(study, tmp_path):
    return Shown(study._storage, tmp_path)


def stored(study):
    """Return everything that the storage has of the study."""
    storage = study._storage
    trials = [(trial.system_attrs, trial.user_attrs) for trial in study.get_trials()]
    return storage.get_study_system_attrs(study._study_id), storage.get_study_user_attrs(study._study_id), trials


def test_notes_pictures_and_figures_are_where_the_dashboard_looks(shown, study):
    before = stored(study)
    found = shown.study()
    assert found["note"]["body"].startswith("# toy\n")
    reached, exhausted = found["trials"]
    assert reached["note"]["body"].startswith("**Reached the target of 10 after 20.0 s**")
    assert exhausted["note"]["body"].startswith("**Did not reach the target of 10**")
    names = [artifact["filename"] for artifact in reached["artifacts"]]
    assert sorted(names) == ["return.html", "return.svg", "seconds.html", "seconds.svg"]
    figures = {figure["id"]: json.loads(figure["graph_object"]) for figure in found["plotly_graph_objects"]}
    assert set(figures) == {"returns", "seconds"}
    assert figures["returns"]["layout"]["title"]["text"] == "<b>Return over the training clock</b>"
    assert stored(study) == before, "looking wrote something"


def test_every_picture_that_is_listed_is_served(shown):
    for trial in shown.study()["trials"]:
        for artifact in trial["artifacts"]:
            status, body = shown.ask(f"/artifacts/0/{trial['trial_id']}/{artifact['artifact_id']}")
            assert status == 200
            assert body.startswith(b"<svg" if artifact["mimetype"] == "image/svg+xml" else b"<!doctype html>")


def test_the_list_of_studies_makes_no_annotation(shown, monkeypatch):
    asked = []
    monkeypatch.setattr(shown.storage._annotations, "of", asked.append)
    status, body = shown.ask("/api/studies")
    assert status == 200
    assert [summary["study_name"] for summary in json.loads(body)["study_summaries"]] == ["toy"]
    assert asked == []


def test_a_note_that_a_user_edits_takes_the_place_of_ours(tmp_path):
    lab = Lab(None)
    lab.run(lab.config(budget={"trials": 2}))
    shown = Shown(lab._memory, tmp_path)
    ours = shown.study()["trials"][1]["note"]
    assert shown.ask("/api/studies/0/1/note", "PUT", {"version": ours["version"], "body": "late"})[0] == 409
    edited = {"version": ours["version"] + 1, "body": "my own words"}
    assert shown.ask("/api/studies/0/1/note", "PUT", edited)[0] == 204
    assert shown.study()["trials"][1]["note"] == edited
    assert Shown(lab._memory, tmp_path).study()["trials"][1]["note"] == edited
    assert shown.study()["trials"][0]["note"]["body"].startswith("**")
    # and it is stored as optuna-dashboard stores it, which finds it without us
    trial = lab.trials(lab.config())[1]
    plain = json.loads(b"".join(optuna_dashboard_of(lab._memory, "/api/studies/0")))["trials"][trial.number]
    assert plain["note"] == edited


def optuna_dashboard_of(storage, path):
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "wsgi.input": io.BytesIO(), "SERVER_NAME": "x"}
    environ |= {"SERVER_PORT": "80", "wsgi.url_scheme": "http", "wsgi.errors": io.StringIO()}
    return optuna_dashboard.wsgi(storage)(environ, lambda status, headers, exc_info=None: None)


def test_pictures_cannot_be_deleted(shown, study):
    before = stored(study)
    trial = shown.study()["trials"][0]
    assert shown.ask(f"/api/artifacts/0/{trial['trial_id']}/{trial['artifacts'][0]['artifact_id']}", "DELETE")[0] == 204
    assert len(shown.study()["trials"][0]["artifacts"]) == 4
    assert stored(study) == before


def test_an_artifact_of_a_study_is_kept(tmp_path):
    lab = Lab(None)
    lab.run(lab.config(budget={"trials": 1}))
    shown = Shown(lab._memory, tmp_path / "artifacts")
    status, _ = shown.ask("/api/artifacts/0", "POST", {"file": "data:text/plain;base64,aGVsbG8=", "filename": "a.txt"})
    assert status == 201
    (artifact,) = shown.study()["artifacts"]
    assert shown.ask(f"/artifacts/0/{artifact['artifact_id']}")[1] == b"hello"
    assert shown.ask(f"/api/artifacts/0/{artifact['artifact_id']}", "DELETE")[0] == 204
    assert shown.study()["artifacts"] == []


@pytest.mark.parametrize(
    "write",
    [
        lambda storage: storage.create_new_study([optuna.study.StudyDirection.MINIMIZE]),
        lambda storage: storage.delete_study(0),
        lambda storage: storage.set_study_user_attr(0, "config", {}),
        lambda storage: storage.set_study_system_attr(0, "study:metric_names", []),
        lambda storage: storage.create_new_trial(0),
        lambda storage: storage.set_trial_state_values(0, optuna.trial.TrialState.FAIL),
        lambda storage: storage.set_trial_intermediate_value(0, 1, 0.0),
        lambda storage: storage.set_trial_user_attr(0, "record", {}),
        lambda storage: storage.set_trial_system_attr(0, "fixed_params", {}),
    ],
)
def test_nothing_but_annotations_can_be_written(shown, study, write):
    before = stored(study)
    with pytest.raises(PermissionError):
        write(shown.storage)
    assert stored(study) == before


def test_a_study_of_another_program_is_shown_as_it_is(tmp_path):
    storage = optuna.storages.InMemoryStorage()
    optuna.create_study(storage=storage, study_name="theirs").optimize(lambda trial: trial.suggest_float("x", 0, 1), 2)
    found = Shown(storage, tmp_path).study()
    assert [trial["note"]["body"] for trial in found["trials"]] == ["", ""]
    assert found["plotly_graph_objects"] == []


def test_while_a_study_runs_its_notes_keep_up(tmp_path, monkeypatch):
    for wait in ("READ_SECONDS", "WRITE_SECONDS"):  # the toy's time is not the storage's
        monkeypatch.setattr(f"tuner.storage._own_trials.{wait}", 0.0)
    lab = Lab(tmp_path)
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    seen = []

    class Watcher(toy.SilentListener):
        def on_tick(self, slot, spec, tick, score):
            # Another connection to the database, as another process would have.
            shown.clock.sleep(10.0)
            trial = shown.study(1)["trials"][0]
            seen.append((trial["note"]["version"], trial["note"]["body"].split("\n")[0], len(trial["artifacts"])))

    manager = lab.manager(config, listener=Watcher())
    shown = Shown(open_storage(config.storage), tmp_path)
    manager.run()
    # The target comes after 20 s, so there are ticks at 5, 10 and 15 s, with returns of 2.5, 5 and 7.5 of 10.
    assert [text for _, text, _ in seen][-1] == (
        "**Running**: 15.0 of 100 s of training clock. Its best return was 7.50."
    )
    assert [version for version, _, _ in seen] == [1, 2, 3]
    assert [count for _, _, count in seen] == [2, 2, 2]
    shown.clock.sleep(10.0)
    assert shown.study(1)["trials"][0]["note"]["body"].startswith("**Reached the target")
    assert lab.states(config) == ["COMPLETE"]


def test_the_password_of_a_storage_is_not_shown(lab, tmp_path):
    study = optuna.create_study(storage=lab._memory, study_name="other")
    study.set_user_attr("config", {"storage": "postgresql://me:hunter2@host/db"})  # as an earlier version wrote it
    shown = Shown(lab._memory, tmp_path)
    try:
        for path in ("/api/studies", f"/api/studies/{study._study_id}"):
            _, body = shown.ask(path)
            assert b"postgresql://me:***@host/db" in body
            assert b"hunter2" not in body
    finally:
        optuna.delete_study(storage=lab._memory, study_name="other")
