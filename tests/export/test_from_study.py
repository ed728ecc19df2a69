"""What is taken out of a study: the confirmed winner, the best trial with a warning, or a trial by its number."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.confirm.racing import STARTS, Race
from tests.study import toy
from tests.study.toy import Lab
from tuner.config import ActionBox, AgentConfig
from tuner.confirm import confirmation_data
from tuner.errors import UserError
from tuner.export import _from_study, configuration_of
from tuner.records import Outcome, OutcomeKind
from tuner.workers import Recording

BOX = ActionBox(low=(-1.0,), high=(2.0,))
DETAILS = {"versions": {"jax": "1.2.3"}, "machine": {"cpu": "Some CPU", "cores": 2, "system": "Linux"}}
DETAILS |= {
    "simulator": {"physics": "newton_mjwarp", "device": "cpu"},
    "joints": ["hip", "knee"],
    "flattened": {"actions": "Box(2, 3)"},
}


def boxed(trial: Any) -> AgentConfig:
    """The toy's agent with an action box in numbers, as an opened task gives it."""
    return toy.toy(trial).model_copy(update={"action_box": BOX})


def play(spec):
    """Return the toy's trial with what a worker adds to its outcome."""
    recording = toy.play(spec)
    return replace(recording, outcome=replace(recording.outcome, details={**DETAILS, "jax_backend": "gpu"}))


class BoxedRace(Race):
    """The study that is confirmed, with boxed agents."""

    def __init__(self, lab: Lab, *names: str, **sections: Any) -> None:
        self.lab, self.space, self.seeds, self.specs = lab, toy.space(boxed, **STARTS), {}, []
        self.config = lab.config(warm_start=names, budget={"trials": len(names)}, **sections)
        lab.run(self.config, self.space, recordings=play)


@pytest.fixture
def race():
    """Trials 0 to 2: `lucky`, best by the study, `steady`, best by fresh seeds, and `never`, which does not arrive."""
    return BoxedRace(Lab(None), "lucky", "steady", "never")


def test_the_policy_of_a_winner_is_that_of_its_fastest_run(race, monkeypatch):
    race.run(top=2, seeds=2)
    confirmation = confirmation_data(race.study)
    winner = confirmation.winner
    seconds = (30.0, 20.0, None)
    runs = [replace(winner.runs[0], reached_seconds=time, directory=f"/kept/{time}") for time in seconds]
    changed = replace(confirmation, winner=replace(winner, runs=tuple(runs)))
    monkeypatch.setattr(_from_study, "confirmation_data", lambda study: changed)
    assert configuration_of(race.study).folder == Path("/kept/20.0")
    assert configuration_of(race.study, winner.number).folder == Path("/kept/20.0")


def test_without_confirmation_it_is_the_best_trial_with_a_warning(race):
    found = configuration_of(race.study)
    (warning,) = found.warnings
    assert "Trial 0 was the best" in warning
    assert warning.endswith("Confirm it on fresh seeds with: tuner confirm toy")
    configuration, provenance = found.configuration, found.configuration.provenance
    assert (configuration.task.id, configuration.budget_seconds, configuration.objective.target) == ("Toy", 100.0, 10.0)
    assert configuration.agent.arguments == {"learning_rate": 0.3}
    assert configuration.agent.action_box == BOX
    assert (provenance.study, provenance.trial, provenance.confirmed) == ("toy", 0, False)
    assert len(provenance.seeds) == 1
    # x = 0.3 reaches the target of 10 after 20 s, at 1000 steps a second.
    assert (provenance.times_seconds, provenance.best_return, provenance.env_steps) == ((20.0,), 10.0, 20_000)
    assert provenance.parameters == race.study.trials[0].params
    assert provenance.versions == {"jax": "1.2.3"}
    assert (provenance.machine.cpu, provenance.machine.accelerator) == ("Some CPU", "gpu")
    assert provenance.machine.recorded == "training"
    assert provenance.simulator == {"physics": "newton_mjwarp", "device": "cpu"}
    assert provenance.joints == ("hip", "knee")
    assert provenance.flattened == {"actions": "Box(2, 3)"}


def test_the_confirmed_winner_comes_before_the_best_trial(race):
    race.run(top=2, seeds=5)
    found = configuration_of(race.study)
    assert found.warnings == ()
    provenance = found.configuration.provenance
    assert (provenance.trial, provenance.confirmed) == (1, True)
    assert len(set(provenance.seeds)) == 5
    assert provenance.times_seconds == (26.0, 22.0, 25.0, 24.0, 23.0)
    assert provenance.mean_seconds == 24.0
    low, high = provenance.mean_seconds_interval
    assert 22.0 <= low < 24.0 < high <= 26.0
    assert configuration_of(race.study, 1).configuration.provenance.confirmed
    assert not configuration_of(race.study, 0).configuration.provenance.confirmed


def test_a_confirmation_that_is_not_finished_is_told():
    race = BoxedRace(Lab(None), "lucky", "steady")
    confirmer = race.confirmer(top=2, seeds=5)
    confirmer.request_stop()
    confirmer.run()
    (warning,) = configuration_of(race.study).warnings
    assert "is not finished; go on with it: tuner confirm toy" in warning


def test_a_confirmation_that_no_candidate_passes_is_told():
    race = BoxedRace(Lab(None), "never")
    race.run(top=1, seeds=2)
    missed, warning = configuration_of(race.study).warnings
    assert missed.startswith("Trial 0 did not reach the target of 10; its best return was ")
    assert warning.endswith("Confirmed on fresh seeds, no candidate reached the target.")


def test_a_winner_whose_task_has_changed_since_is_refused(race):
    race.run(top=2, seeds=2)
    study = race.study
    study.set_user_attr("fingerprint", {**study.user_attrs["fingerprint"], "task.num_envs": 8})
    with pytest.raises(UserError, match=r"task.num_envs: 4 before, 8 now\nConfirm it again with: tuner confirm toy"):
        configuration_of(study)
    assert not configuration_of(study, 1).configuration.provenance.confirmed


def test_a_study_without_a_finished_trial_is_refused():
    study = toy.optuna.create_study(study_name="toy", storage=Lab(None)._memory)
    with pytest.raises(UserError, match="no trial 0; it has no trials"):
        configuration_of(study, 0)
    with pytest.raises(UserError, match=r"no finished trial to export yet\. Go on with it: tuner run toy"):
        configuration_of(study)


def test_an_unknown_trial_is_refused(race):
    with pytest.raises(UserError, match="no trial 3; it has trials 0 to 2"):
        configuration_of(race.study, 3)
    with pytest.raises(UserError, match="no trial -1"):
        configuration_of(race.study, -1)


@pytest.mark.parametrize(
    ("number", "kind"), [(None, OutcomeKind.EXHAUSTED), (0, OutcomeKind.EXHAUSTED), (0, OutcomeKind.PRUNED)]
)
def test_nothing_is_exported_of_a_trial_without_a_return(number, kind):
    lab = Lab(None)
    config = lab.config(budget={"trials": 1})
    outcome = Outcome(kind, clock_seconds=100.0, ledger={"simulate": 100.0}, env_steps=64)
    lab.run(config, toy.space(boxed), recordings=lambda spec: Recording((), outcome))
    with pytest.raises(UserError, match=r"rial 0.*: no return was measured in its 100\.0 s .* simulation 100\.0 s"):
        configuration_of(lab.load(config), number)


def test_a_trial_that_another_program_made_has_no_agent(race):
    study = race.study
    study.add_trial(toy.optuna.trial.create_trial(value=1.0))
    with pytest.raises(UserError, match="Trial 3 of the study 'toy' has no agent"):
        configuration_of(study, 3)


def test_a_trial_that_never_opened_its_task_has_no_box(lab_without_boxes):
    with pytest.raises(UserError, match="Trial 0 never came to training"):
        configuration_of(lab_without_boxes, 0)


@pytest.fixture
def lab_without_boxes():
    lab = Lab(None)
    config = lab.config(warm_start=["lucky"], budget={"trials": 1})
    lab.run(config, toy.space(**STARTS))
    return lab.load(config)


def test_a_trial_that_ended_early_is_told():
    lab = Lab(None)
    config = lab.config(warm_start=["lucky"], budget={"trials": 1}, workers={"retries": 0})
    diverged = lambda spec: toy.failing(OutcomeKind.DIVERGED, spec)  # noqa: E731
    lab.run(config, toy.space(boxed, **STARTS), recordings=diverged)
    found = configuration_of(lab.load(config), 0)
    assert found.warnings == (
        "Trial 0 did not reach the target of 10.",
        "Trial 0 did not run to its end: it was diverged.",
    )
    assert found.configuration.provenance.machine.recorded == "export"
