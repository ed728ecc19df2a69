"""Pictures of trials, drawn when they are asked for."""

import io

import pytest
from optuna.artifacts.exceptions import ArtifactNotFound

from tuner.dashboard._pictures import Kind, PictureName, PictureStore, draw


@pytest.mark.parametrize("kind", list(Kind))
def test_a_picture_is_found_by_its_name(kind):
    name = PictureName(study_id=3, trial_id=171, kind=kind, revision=12)
    assert PictureName.parse(name.artifact_id) == name
    assert name.path == f"/artifacts/3/171/f19-3-ab-{kind:x}-c"


@pytest.mark.parametrize(
    "text", ["7c9e6679-7425-40de-944b-e07fc1f90ae7", "f19-1-2-9-0", "f19-1-2-0-0", "f19-1-2-1", ""]
)
def test_other_artifacts_are_no_pictures(text):
    assert PictureName.parse(text) is None


@pytest.mark.parametrize(
    ("kind", "begin"), [(Kind.CURVE, "<svg"), (Kind.LEDGER, "<svg"), (Kind.CURVE_PAGE, "<!doctype html>")]
)
def test_drawn_from_a_study(study, kind, begin):
    assert draw(study, 0, kind).startswith(begin)


def test_the_store_draws_and_keeps(study, tmp_path):
    store = PictureStore(study._storage, tmp_path / "artifacts")
    trial = study.get_trials()[0]
    name = PictureName(study._study_id, trial._trial_id, Kind.CURVE, 0)
    assert store.open_reader(name.artifact_id).read() == draw(study, 0, Kind.CURVE).encode()
    store.remove(name.artifact_id)
    assert not (tmp_path / "artifacts").exists()
    store.write("7c9e6679-7425-40de-944b-e07fc1f90ae7", io.BytesIO(b"a video"))
    with store.open_reader("7c9e6679-7425-40de-944b-e07fc1f90ae7") as kept:
        assert kept.read() == b"a video"
    store.remove("7c9e6679-7425-40de-944b-e07fc1f90ae7")
    with pytest.raises(ArtifactNotFound):
        store.open_reader("7c9e6679-7425-40de-944b-e07fc1f90ae7")


@pytest.mark.parametrize("name", ["f19-0-fff-1-0", "f19-fff-0-1-0", "f19-fff-fff-4-0"])
def test_pictures_of_nothing(study, tmp_path, name):
    with pytest.raises(ArtifactNotFound):
        PictureStore(study._storage, tmp_path).open_reader(name)
