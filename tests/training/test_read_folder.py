"""Reading a run's folder back, and refusing what is not one."""

import json

import pytest

from tests.training.timed_point_mass import TimedPointMassEnv, make_spec, ppo, sac
from tuner.clock import ManualClock
from tuner.config import AgentConfig
from tuner.errors import UserError
from tuner.simulators import JointTargets
from tuner.training import check_joints, check_policy, check_start, read_folder


def write(folder, spec, *, outcome=None, policy=True):
    folder.mkdir(exist_ok=True)
    (folder / "spec.json").write_text(spec.model_dump_json())
    if outcome is not None:
        (folder / "outcome.json").write_text(json.dumps(outcome))
    if policy:
        (folder / "policy.zip").touch()
        (folder / "normalization.npz").touch()
    return folder


def test_the_agent_is_the_one_of_the_outcome_where_there_is_one(tmp_path):
    spec = make_spec(ppo())
    running = read_folder(write(tmp_path, spec))
    assert (running.spec, running.agent, running.outcome) == (spec, spec.agent, {})
    resolved = spec.agent.resolved([-1.0], [1.0])
    ended = read_folder(write(tmp_path, spec, outcome={"kind": "reached", "agent": resolved.to_json()}))
    assert ended.agent == resolved
    assert ended.outcome["kind"] == "reached"


def test_a_spec_from_before_there_was_more_to_say_is_read(tmp_path):
    older = make_spec(ppo()).model_dump(mode="json", exclude={"stop_at_target", "start_from"})
    (tmp_path / "spec.json").write_text(json.dumps(older))
    spec = read_folder(tmp_path).spec
    assert (spec.stop_at_target, spec.start_from) == (True, None)


def test_a_spec_of_a_version_that_had_more_to_say_is_read_but_not_its_agent(tmp_path):
    spec = make_spec(ppo())
    newer = {**spec.model_dump(mode="json"), "of_another_version": 1}
    (tmp_path / "spec.json").write_text(json.dumps(newer))
    assert read_folder(tmp_path).spec == spec
    newer["agent"]["of_another_version"] = 1  # who knows what it would be without
    (tmp_path / "spec.json").write_text(json.dumps(newer))
    with pytest.raises(UserError, match="of_another_version"):
        read_folder(tmp_path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("spec.json", None, r"is not a trial's folder: it has no spec\.json"),
        ("spec.json", "{}", "cannot be read as a trial's specification"),
        ("spec.json", '{"stu', "cannot be read as a trial's specification"),
        ("outcome.json", "half of {", r"outcome\.json cannot be read"),
        ("outcome.json", '{"agent": {"algorithm": "sacc"}}', "cannot be read as a trial's outcome"),
    ],
)
def test_damaged_folders(tmp_path, name, content, message):
    write(tmp_path, make_spec(ppo()))
    (tmp_path / name).unlink(missing_ok=True)
    if content is not None:
        (tmp_path / name).write_text(content)
    with pytest.raises(UserError, match=message):
        read_folder(tmp_path)


def test_no_folder(tmp_path):
    with pytest.raises(UserError, match=r"There is no folder .*gone"):
        read_folder(tmp_path / "gone")


def test_a_policy_needs_its_normalisation(tmp_path):
    folder = read_folder(write(tmp_path, make_spec(ppo()), outcome={"kind": "exhausted"}))
    check_policy(folder)
    (tmp_path / "normalization.npz").unlink()
    with pytest.raises(UserError, match=r"the normalization\.npz beside it is missing"):
        check_policy(folder)
    plain = AgentConfig(algorithm="ppo", normalize_observations=False)
    check_policy(read_folder(write(tmp_path, make_spec(plain))))
    (tmp_path / "policy.zip").unlink()
    with pytest.raises(UserError, match=r"has no policy\.zip; the trial ended as 'exhausted'"):
        check_policy(folder)


def starting(agent, folder, **task):
    spec = make_spec(agent, start_from=str(folder))
    return spec.model_copy(update={"task": spec.task.model_copy(update=task)})


def test_a_start_needs_the_same_task_and_algorithm(tmp_path):
    write(tmp_path, make_spec(ppo()))
    check_start(make_spec(sac()))  # starts from nothing
    check_start(starting(ppo(), tmp_path, num_envs=64))  # more robots are no other task
    with pytest.raises(UserError, match="trained PointMass on tests, but this is Cartpole on tests"):
        check_start(starting(ppo(), tmp_path, id="Cartpole"))
    with pytest.raises(UserError, match="trained PointMass on tests, but this is PointMass on mujoco"):
        check_start(starting(ppo(), tmp_path, simulator="mujoco"))
    with pytest.raises(UserError, match="trained PPO, but this is SAC"):
        check_start(starting(sac(), tmp_path))
    with pytest.raises(UserError, match="There is no folder"):
        check_start(starting(sac(), tmp_path / "gone"))


def legs(*names):
    """Return a task whose actions command these joints."""
    env = TimedPointMassEnv(2, ManualClock())
    one = (0.0,) * len(names)
    lower, upper, scale = ((value,) * len(names) for value in (-1.0, 1.0, 0.5))
    env.joint_targets = JointTargets(names=names, default=one, scale=scale, lower=lower, upper=upper)
    return env


def test_a_task_that_orders_joints_as_the_policy_or_does_not_say_how_is_accepted():
    check_joints(("hip", "knee"), legs("hip", "knee"))
    check_joints((), legs("hip", "knee"))
    check_joints(("hip", "knee"), TimedPointMassEnv(2, ManualClock()))


def test_a_task_that_orders_joints_differently_is_refused(tmp_path):
    run = read_folder(write(tmp_path, make_spec(ppo()), outcome={"details": {"joints": ["hip", "knee"]}}))
    with pytest.raises(UserError, match=r"order hip, knee, but here the task has knee, hip\. .* option `physics`"):
        check_joints(run.joints, legs("knee", "hip"))
