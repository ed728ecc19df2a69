import io

import optuna
from rich.console import Console

from tuner.cli._report import agent_rows, next_steps, print_result, result_data
from tuner.config import ActionBox, AgentConfig, Network, StudyConfig
from tuner.study import BestTrial, StudySummary, open_storage

AGENT = AgentConfig(
    algorithm="sac",
    arguments={"learning_rate": 0.000447123, "batch_size": 512, "ent_coef": "auto_0.01", "policy_kwargs": {"a": 1.0}},
    network=Network(pi=(128, 64)),
    initial_std=0.2,
    action_box=ActionBox(low=(-3.0, -3.0), high=(3.0, 3.0)),
)


def config(storage, name="quickstart"):
    return StudyConfig.model_validate(
        {
            "study": name,
            "task": {"id": "Cartpole"},
            "search_space": "sac_speed",
            "objective": {"target": 4.0},
            "storage": storage,
        }
    )


def summary(**changes):
    return StudySummary(**{"study": "quickstart", "trials": 12, "finished": 12, "reason": "finished", **changes})


def stored_study(tmp_path):
    """Return the storage of a study with one complete trial."""
    url = f"sqlite:///{tmp_path}/t.db"
    study = optuna.create_study(study_name="quickstart", storage=open_storage(url))
    trial = study.ask()
    trial.suggest_int("batch_power", 9, 9)
    record = {"kind": "reached", "reached_seconds": 5.27, "best_return": 4.4, "agent": AGENT.to_json()}
    trial.set_user_attr("record", record)
    study.tell(trial, 5.27)
    return url


def printed(given, study, told):
    out = Console(width=100, color_system=None, file=io.StringIO(), record=True)
    print_result(out, given, study, told)
    return out.export_text()


def test_an_agent_becomes_rows_of_names_and_values():
    rows = dict(agent_rows(AGENT.to_json()))
    assert rows["algorithm"] == "sac"
    assert rows["learning_rate"] == "0.0004471"
    assert rows["ent_coef"] == "auto_0.01"
    assert rows["policy_kwargs.a"] == "1"
    assert rows["network.pi"] == "128, 64"
    assert rows["initial_std"] == "0.2"
    assert rows["action_box"] == "-3 … 3 in each of 2 dimensions"
    assert "target_entropy_std" not in rows, "None is left out"


def test_bounds_that_differ_are_listed_one_by_one():
    box = {"low": [-1.0, -2.5], "high": [1.0, 0.5]}
    assert agent_rows({"action_box": box}) == [("action_box", "-1 … 1, -2.5 … 0.5")]
    assert agent_rows({"action_box": {"low": [-3.0], "high": [3.0]}}) == [("action_box", "-3 … 3")]


def test_the_result_names_the_best_configuration_and_what_to_do_next(tmp_path):
    told = summary(wall_seconds=192.0, outcomes={"reached": 12}, best=BestTrial(0, 5.27, 5.27, 4.4))
    lines = [line.strip() for line in printed("quickstart", config(stored_study(tmp_path)), told).splitlines()]
    assert lines[0] == "All trials are done. 3:12 elapsed."
    assert "Best: trial 0 reached the target in 5.3 s." in lines
    assert ["batch_size", "512"] in [line.split() for line in lines]
    assert "tuner show quickstart" in lines
    assert "tuner run quickstart --trials 24" in lines


def test_the_result_as_data_has_the_whole_agent(tmp_path):
    told = summary(best=BestTrial(0, 5.27, 5.27, 4.4))
    data = result_data(config(stored_study(tmp_path)), told)
    assert data["best"]["number"] == 0
    assert data["best"]["parameters"] == {"batch_power": 9}
    assert AgentConfig.model_validate(data["best"]["agent"]) == AGENT
    assert data["reason"] == "finished"


def test_without_a_best_trial_there_is_no_configuration():
    told = summary(finished=1, outcomes={"crashed": 1}, reason="interrupted")
    text = printed("quickstart", config("sqlite:///nowhere/at/all.db"), told)
    assert text.splitlines() == [
        "Stopped; the same command goes on where it was. 0:00 elapsed.",
        "Trials: 1 of 12 finished (1 crashed).",
    ]
    assert result_data(config("sqlite:///nowhere/at/all.db"), told)["best"] is None


def test_a_study_in_memory_is_told_without_its_agent():
    told = summary(best=BestTrial(0, 5.27, 5.27, 4.4))
    data = result_data(config("sqlite:///:memory:"), told)
    assert data["best"]["reached_seconds"] == 5.27
    assert "agent" not in data["best"]


def test_what_to_do_next_depends_on_why_the_run_ended():
    stopped = next_steps("mine/studies/x.yaml", config("sqlite:///x.db", name="x"), summary(reason="time limit"))
    assert "  tuner run mine/studies/x.yaml\n" in stopped
    assert "a1_flat" not in stopped
