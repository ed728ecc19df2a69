from tuner.analysis import agent_rows
from tuner.config import ActionBox, AgentConfig, Network


def test_an_agent_becomes_rows_of_names_and_values():
    agent = AgentConfig(
        algorithm="sac",
        arguments={"learning_rate": 0.000447123, "ent_coef": "auto_0.01", "policy_kwargs": {"a": 1.0}},
        network=Network(pi=(128, 64)),
        initial_std=0.2,
        action_box=ActionBox(low=(-3.0, -3.0), high=(3.0, 3.0)),
    )
    rows = dict(agent_rows(agent.to_json()))
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
