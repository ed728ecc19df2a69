"""Audits of configuration files: the three answers with their reasons, remedies and fields."""

import pytest

from tuner.actions import audit_configurations, read_robot


def audited(folder, name, text, robot=None):
    (folder / name).write_text(text)
    (found,) = audit_configurations([str(folder / name)], robot)
    return found


def test_a_box(tmp_path):
    found = audited(tmp_path, "agent.yaml", "clip_actions: 100.0")
    assert (found.answer, found.audit.verdict, found.command) == ("box", "hopeless", None)
    assert "97.6% of the first squashed actions lie beyond ±3" in found.reason
    assert found.remedy.startswith("Give the agent an action box of its own")


def test_no_clipping(tmp_path):
    found = audited(tmp_path, "agent.yaml", "clip_actions: null\nnum_actions: 12\naction_scale: 0.25")
    assert (found.answer, found.audit) == ("no_clipping", None)
    assert found.command == "tuner audit --box LOW HIGH --dims 12 --scale 0.25"
    assert found.command in found.remedy
    assert "tuner audit TASK" in found.remedy


def test_not_understood(tmp_path):
    found = audited(tmp_path, "agent.yaml", "clip_actions: true\nnum_actions: 19")
    assert found.answer == "not_understood"
    assert found.remedy.startswith("Look there for the box and give it by hand: tuner audit --box LOW HIGH --dims 19.")


def test_all_answers_have_the_same_fields(tmp_path):
    texts = ("clip_actions: 1.0", "clip_actions: null", "clip_actions: true")
    objects = [audited(tmp_path, f"{index}.yaml", text).to_json() for index, text in enumerate(texts)]
    assert len({tuple(sorted(entry)) for entry in objects}) == 1
    assert len({tuple(sorted(entry["source"])) for entry in objects}) == 1
    assert [entry["answer"] for entry in objects] == ["box", "no_clipping", "not_understood"]
    assert [entry["verdict"] for entry in objects] == ["fine", None, None]
    assert objects[2]["source"]["line"] == f"{tmp_path / '2.yaml'}:1"


def test_a_box_that_cannot_be_judged_is_not_understood(tmp_path):
    found = audited(
        tmp_path, "cfg.py", "clip = 1\nclass Cfg:\n    clip_actions = 1.0\n    action_scale = 0.0\n    num_actions = 2"
    )
    assert found.answer == "not_understood"
    assert "has the scale 0" in found.reason


def test_rl_games_starts_as_wide_as_the_box(tmp_path):
    found = audited(tmp_path, "agent.yaml", "params: {env: {clip_actions: 100.0}, config: {}}")
    (dimension,) = found.audit.dimensions
    assert dimension.gaussian_beyond_unit == pytest.approx(0.976, abs=1e-3)  # P(|z| > 0.03)
    assert dimension.gaussian_clipped == pytest.approx(0.3173, abs=1e-4)  # P(|z| > 1)
    assert "Here PPO notices too: its sample is clamped to ±1 and then multiplied by 100" in found.reason
    assert "PPO does not notice" not in found.reason


def test_joint_limits_of_the_robots_file_decide(tmp_path):
    (tmp_path / "dog.xml").write_text(
        '<mujoco><compiler angle="radian"/><worldbody><body><joint name="hip" range="-0.5 0.5"/><geom size="1"/>'
        "</body></worldbody></mujoco>"
    )
    text = "clip_actions: 1.0\ndefault_joint_angles: {hip: 0.0}\naction_scale: 2.0"
    found = audited(tmp_path, "agent.yaml", text, read_robot(str(tmp_path / "dog.xml")))
    (dimension,) = found.audit.dimensions
    assert dimension.range_high_degrees == pytest.approx(28.65, abs=0.01)
    # beyond ±0.5 / 2 = ±0.25 of a box of ±1: P(|tanh z| > 0.25) = P(|z| > 0.2554) = 0.798
    assert dimension.squashed_beyond_range == pytest.approx(0.798, abs=1e-3)
    assert found.audit.verdict == "wide"
