"""Notes, pictures and figures of a study, as attributes; where they are shown is in test_annotated_storage.py."""

import json

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.clock import ManualClock
from tuner.dashboard._annotations import Annotations


def make(storage, clock=None):
    return Annotations(storage, shown_storage="sqlite:///x.db", clock=clock or ManualClock())


def text(block, prefix):
    """Return the text in a block of attributes, which the dashboard puts together from pieces."""
    pieces = {int(key.removeprefix(prefix)): piece for key, piece in block.items() if key.startswith(prefix)}
    return "".join(pieces[number] for number in sorted(pieces))


def test_a_study_has_a_note_a_note_for_each_trial_and_two_figures(study):
    blocks = make(study._storage).of(study._study_id)
    assert set(blocks) == {
        "dashboard:note_ver",
        "dashboard:0:note_ver",
        "dashboard:1:note_ver",
        "dashboard:plot_data:returns:0",
        "dashboard:plot_data:seconds:0",
    }
    assert text(blocks["dashboard:note_ver"], "dashboard:note_str:").startswith("# toy\n")
    assert text(blocks["dashboard:0:note_ver"], "dashboard:0:note_str:").startswith("**Reached the target of 10")
    figure = json.loads(text(blocks["dashboard:plot_data:returns:0"], "dashboard:plot_data:returns:"))
    assert figure["layout"]["title"]["text"] == "<b>Return over the training clock</b>"
    assert all(len(piece) <= 2045 for block in blocks.values() for piece in block.values() if isinstance(piece, str))


def test_each_trial_has_four_pictures(study):
    annotations = make(study._storage)
    assert annotations.pictures_of(0) == {}, "nobody has looked at the study yet"
    pictures = annotations.pictures(study._study_id)
    assert set(pictures) == {trial._trial_id for trial in study.get_trials()}
    for trial_id, found in pictures.items():
        facts = [json.loads(value) for value in found.values()]
        assert sorted(fact["filename"] for fact in facts) == [
            "return.html",
            "return.svg",
            "seconds.html",
            "seconds.svg",
        ]
        assert [f"artifacts:{fact['artifact_id']}" for fact in facts] == list(found)
        assert annotations.pictures_of(trial_id) == found
    assert annotations.pictures_of(99) == {}


def test_what_is_known_is_not_made_again_at_once(study):
    clock = ManualClock()
    annotations = make(study._storage, clock)
    first = annotations.of(study._study_id)
    assert annotations.of(study._study_id) is first
    clock.sleep(2.0)
    again = annotations.of(study._study_id)
    assert again is not first
    assert again == first


def test_slow_annotations_are_made_less_often(study, monkeypatch):
    clock = ManualClock()
    annotations = make(study._storage, clock)
    monkeypatch.setattr("tuner.dashboard._annotations.study_note", lambda *_, **__: clock.sleep(1.0) or "slow")
    first = annotations.of(study._study_id)
    clock.sleep(19.0)
    assert annotations.of(study._study_id) is first
    clock.sleep(1.0)  # 1 s in 20 s is a share of 5 %
    assert annotations.of(study._study_id) is not first


def test_a_note_has_a_higher_version_only_when_its_text_is_another_one():
    lab, clock = Lab(None), ManualClock()
    config = lab.config(budget={"trials": 1})
    lab.run(config)
    study = lab.load(config)
    annotations = make(lab._memory, clock)

    def versions():
        clock.sleep(10.0)
        blocks = annotations.of(study._study_id)
        return [block[key] for key, block in blocks.items() if key.endswith("note_ver")]

    assert versions() == versions() == [1, 1]
    lab.run(lab.config(budget={"trials": 2}))
    assert versions() == [2, 1, 1]


@pytest.mark.parametrize("attributes", [{}, {"config": {"some": "thing"}}])
def test_a_study_of_another_program_has_no_annotations(attributes):
    study = optuna.create_study(study_name="theirs")
    for name, value in attributes.items():
        study.set_user_attr(name, value)
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), 1)
    assert make(study._storage).of(study._study_id) == {}
    assert make(study._storage).pictures(study._study_id) == {}


def test_a_study_of_a_newer_version_has_a_note_that_says_so():
    study = optuna.create_study(study_name="newer")
    study.set_user_attr("schema", 99)
    ((_, block),) = make(study._storage).of(study._study_id).items()
    note = text(block, "dashboard:note_str:")
    assert note.startswith("The study 'newer' was written by a newer version of this program: its schema is 99")


def test_a_trial_that_never_ticked_has_no_picture_of_a_curve():
    lab = Lab(None)
    config = lab.config(budget={"trials": 1, "ticks": 1}, fixed={"x": 0.3})  # it ends after 20 of 100 s
    lab.run(config, recordings=lambda spec: toy.replace(toy.play(spec), ticks=()))
    study = lab.load(config)
    (found,) = make(lab._memory).pictures(study._study_id).values()
    assert sorted(json.loads(value)["filename"] for value in found.values()) == ["seconds.html", "seconds.svg"]
