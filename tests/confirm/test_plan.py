"""The plan of a confirmation, as it is stored."""

import json

import optuna
import pytest

from tests.study import toy
from tests.study.toy import Lab
from tuner.confirm import CANDIDATE, SEED
from tuner.confirm._plan import Entrant, Plan, agent_of, load_confirm, run_of
from tuner.errors import UserError
from tuner.storage import attributes, confirm_name

FIRST, SECOND = Entrant(3, "trial 3", 20.0, {"algorithm": "sac"}), Entrant(0, "trial 0", None, {"algorithm": "tqc"})
REFERENCE = Entrant(None, "slow", None, {"algorithm": "ppo"})
SHARING = Entrant(None, "slow", None, {"algorithm": "tqc"}, shares=0)


def plan(*entrants: Entrant, race_reference: bool = False) -> Plan:
    return Plan(entrants, seeds=(7, 8, 9), target=10.0, budget_seconds=100.0, race_reference=race_reference)


def test_what_the_runs_of_an_entrant_are_marked_with() -> None:
    assert [entrant.key for entrant in (FIRST, SECOND, REFERENCE, SHARING)] == [3, 0, "slow", 0]


def test_who_can_win_and_who_is_never_dropped() -> None:
    apart, shared = plan(FIRST, SECOND, REFERENCE), plan(FIRST, SECOND, SHARING)
    assert (apart.contenders, apart.kept) == ({3, 0}, {"slow"})
    assert apart.labels == {3: "trial 3", 0: "trial 0", "slow": "slow"}
    # Trial 0 is the reference too, so it is kept, and can win as itself.
    assert (shared.contenders, shared.kept) == ({3, 0}, {0})
    assert shared.labels == {3: "trial 3", 0: "trial 0"}
    assert plan(FIRST, REFERENCE, race_reference=True).kept == set()


@pytest.mark.parametrize("written", [plan(FIRST, SECOND, SHARING), plan(FIRST, race_reference=True)])
def test_a_plan_is_read_as_it_was_written(written: Plan) -> None:
    confirm = optuna.create_study()
    assert Plan.read(confirm) is None  # killed before it had one
    written.write(confirm)
    confirm.set_user_attr("plan", json.loads(json.dumps(confirm.user_attrs["plan"])))  # as a database keeps it
    assert Plan.read(confirm) == written


def test_what_another_version_wrote_into_a_plan_is_left_out() -> None:
    confirm = optuna.create_study()
    plan(FIRST, REFERENCE).write(confirm)
    stored = confirm.user_attrs["plan"]
    entrants = [{**entrant, "colour": "red"} for entrant in stored["entrants"]]
    confirm.set_user_attr("plan", {**stored, "entrants": entrants, "weather": "fine"})
    assert Plan.read(confirm) == plan(FIRST, REFERENCE)


def test_the_study_of_the_confirm_runs() -> None:
    study = optuna.create_study(study_name="toy")
    assert load_confirm(study) is None
    optuna.create_study(study_name=confirm_name("toy"), storage=study._storage)
    found = load_confirm(study)
    assert found is not None
    assert found.study_name == "toy/confirm"
    found.set_user_attr(attributes.SCHEMA, 10**6)
    with pytest.raises(UserError, match="newer version"):
        load_confirm(study)


def test_whose_run_a_trial_is() -> None:
    confirm = optuna.create_study()
    trial = confirm.ask()
    assert run_of(confirm.trials[0]) is None
    trial.set_user_attr(CANDIDATE, "slow")
    assert run_of(confirm.trials[0]) is None
    trial.set_user_attr(SEED, 7)
    assert run_of(confirm.trials[0]) == ("slow", 7)


def test_a_trials_agent_is_the_one_it_trained(lab: Lab) -> None:
    config = lab.config(budget={"trials": 1}, fixed={"x": 0.3})
    lab.run(config, recordings=lambda spec: boxed(spec))
    (trial,) = lab.trials(config)
    trained = agent_of(trial)
    assert trained is not None
    assert trained["action_box"] == {"low": [-1.0], "high": [1.0]}  # in absolute numbers
    waiting = optuna.create_study()
    waiting.enqueue_trial({"x": 0.3}, user_attrs={attributes.SPEC: {"agent": {"algorithm": "sac"}}})
    assert agent_of(waiting.trials[0]) == {"algorithm": "sac"}
    assert agent_of(optuna.trial.create_trial(value=1.0)) is None


def boxed(spec: toy.TrialSpec) -> toy.Recording:
    """Play a trial whose worker made the agent's action box absolute."""
    recording = toy.play(spec)
    agent = {**spec.agent.to_json(), "action_box": {"low": [-1.0], "high": [1.0]}}
    return toy.replace(recording, outcome=toy.replace(recording.outcome, agent=agent))
