"""What the embedded side of the comparison does, and how its tables are made; tests/isaaclab has the other side."""

import sys
from dataclasses import replace

import fidelity
import numpy as np
import pytest
from fidelity import (
    EMBEDDED,
    KINDS,
    Rollout,
    difference_cell,
    embedded_rollout,
    file_of,
    interval,
    is_done,
    open_embedded,
    plan_for,
    soften_feet,
    table,
    trot,
)

from tuner.errors import UserError

ROBOTS, STEPS = 4, 40


@pytest.fixture
def env():
    env = open_embedded(ROBOTS, seed=3)
    yield env
    env.close()


def plan(env, kind="still", side=EMBEDDED, steps=STEPS, seed=3):
    return plan_for(kind, side, env, steps=steps, seed=seed)


def rollout(robots, **values):
    """Return a rollout of 100 steps with one term, in which everything else is 0."""
    zeros = np.zeros(robots)
    given = {"rates": zeros[:, None], "falls": zeros, "forward": zeros, **values}
    return Rollout(terms=("term",), steps=100, versions=("isaaclab 3.0.0",), **given)


def test_the_interval_is_students():
    # Standard deviation √(5/3), so a standard error of 0.6455; the 97.5 % quantile for 3 degrees of freedom is 3.1824.
    assert interval(np.array([1.0, 2.0, 3.0, 4.0])) == pytest.approx((2.5, 2.0543), abs=1e-4)


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([1.0, 1.1, 0.9], "1.000 ± 0.248 *"),  # 4.3027 · 0.1 / √3
        ([1.0, -1.0], "0.000 ± 12.706"),
        ([-0.0002, -0.0002], "0.000 ± 0.000"),  # beyond noise, but rounds to zero
    ],
)
def test_differences_beyond_noise_are_marked(values, text):
    assert difference_cell(np.array(values)) == text


def test_differences_are_robot_by_robot():
    ours = rollout(2, rates=np.array([[1.0], [5.0]]), falls=np.array([0.0, 3.0]))
    theirs = rollout(2, rates=np.array([[0.5], [4.5]]))
    rows = {line.split(" | ")[0]: line for line in table("still", {EMBEDDED: ours, "shipped": theirs})}
    assert rows["| term"] == "| term | 3.000 ± 25.412 | 2.500 ± 25.412 | 0.500 ± 0.000 * |"
    assert rows["| falls per 1,000 steps"].startswith("| falls per 1,000 steps | 15.000 ± ")  # (0 + 30) / 2
    assert rows["| robots that fell, %"].startswith("| robots that fell, % | 50.000 ± ")


def test_sides_get_the_same_motions_and_seeds_do_not(env):
    one, other = plan(env, "noise_1", "shipped"), plan(env, "noise_1", "readings")
    assert (one.changes.tolist(), other.changes.tolist()) == ([], ["starts", "readings"])
    for name, array in one.arrays().items():
        assert name in ("side", "changes") or np.array_equal(array, other.arrays()[name]), name
    assert len({one.digest, other.digest, plan(env, "noise_1", "shipped", seed=4).digest}) == 3


def test_plans_of_another_revision_of_the_task_are_others(env, monkeypatch):
    before = plan(env, "still", "shipped").digest
    monkeypatch.setattr(fidelity, "task_revision", lambda _: 99)
    assert plan(env, "still", "shipped").digest != before


@pytest.mark.parametrize(("kind", "deviation"), [("still", 0.0), ("noise_0.5", 0.5), ("noise_1", 1.0)])
def test_noise_has_its_standard_deviation(env, kind, deviation):
    assert plan(env, kind, steps=500).actions.std() == pytest.approx(deviation, rel=0.02)


def test_contacts_are_described_as_newton_takes_them(env):
    # MuJoCo's default solref: a time constant of 0.02 s and a damping ratio of 1. kd = 2/0.02, ke = (kd / 2)².
    made = plan(env)
    assert (made.friction, made.damping, made.stiffness) == pytest.approx((0.8, 100.0, 2500.0))


def test_feet_of_their_own_are_softer(env):
    before = np.tile(env.model.body_invweight0, (ROBOTS, 1, 1))
    soften_feet(env)
    after = env.batch.expand("body_invweight0")
    calves = [env.model.body(f"{leg}_calf").id for leg in ("FL", "FR", "RL", "RR")]
    assert (after[:, calves, 0] > 1.4 * before[:, calves, 0]).all()
    # A heavier trunk yields less; the masses of the robots differ.
    order = np.argsort(env.memory["added_mass"])
    assert (np.diff(after[order, calves[0], 0]) < 0).all()


def test_the_trot_stands_first_and_lifts_feet_that_swing_forward():
    seconds = np.arange(0.0, 4.0, 0.02)
    actions = trot(seconds, np.array([0.0, 1.0]))
    hips, thighs, calves = np.split(actions, 3, axis=2)
    assert not hips.any()
    assert not actions[seconds < fidelity.TROT_PAUSE].any()
    full = seconds > fidelity.TROT_PAUSE + fidelity.TROT_RAMP
    for joints in (thighs[full], calves[full]):
        np.testing.assert_allclose(joints[:, :, 0], joints[:, :, 3], atol=1e-4)  # FL and RR
        np.testing.assert_allclose(joints[:, :, 1], joints[:, :, 2], atol=1e-4)  # FR and RL
    swing = np.gradient(thighs[full], axis=0)  # a thigh's angle falls as its foot goes forward
    lifted = calves[full] < fidelity.TROT_CALF[0] - 0.5
    assert (swing[lifted] < 0).all()


def test_commands_stay_and_robots_start_alike_after_falls(env):
    made = plan(env, "noise_1")
    violent = replace(made, actions=20.0 * made.actions)
    done = embedded_rollout(env, violent)
    assert done.falls.sum() > 0
    np.testing.assert_array_equal(env.commands.velocity[:, :2], made.velocity[:, :2])
    env.reset()
    np.testing.assert_array_equal(env.qpos, np.tile(env.model.key_qpos[0], (ROBOTS, 1)))
    np.testing.assert_allclose(env.commands.velocity, made.velocity)  # the turning rate too


@pytest.mark.parametrize("kind", KINDS)
def test_a_side_equals_itself(env, tmp_path, kind):
    made = plan(env, kind, steps=10)
    embedded_rollout(env, made).save(tmp_path / "rollout.npz", made.digest)
    again = embedded_rollout(env, made)
    lines = list(table(kind, {EMBEDDED: again, "shipped": Rollout.load(tmp_path / "rollout.npz")}))
    assert sum(line.endswith(" | 0.000 ± 0.000 |") for line in lines) == len(again.terms) + 4


def test_rollouts_of_another_plan_are_refused(env, tmp_path):
    made = plan(env)
    assert not is_done(made, tmp_path)
    rollout(ROBOTS).save(file_of(tmp_path, made.kind, made.side), made.digest)
    assert is_done(made, tmp_path)
    with pytest.raises(UserError, match="other robots, steps, seed or motions"):
        is_done(plan(env, seed=4), tmp_path)


def ended(monkeypatch, capsys, *arguments):
    """Return the exit code of the script, and what it said."""
    monkeypatch.setattr(sys, "argv", ["fidelity.py", *map(str, arguments)])
    with pytest.raises(SystemExit) as exit_:
        fidelity.main()
    return exit_.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--robots", 1], "need at least 2"),
        (["--steps", 1000], "must lie in 1 … 999"),
        (["--actions", "gallop"], "gallop"),
        (["--table", "nowhere"], "nowhere holds no rollouts of both sides"),
        ([], "TUNER_ISAACLAB_PYTHON"),
    ],
)
def test_bad_input_is_named(monkeypatch, capsys, tmp_path, arguments, message):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("TUNER_ISAACLAB_PYTHON", raising=False)
    code, said = ended(monkeypatch, capsys, *arguments)
    assert code == 2
    assert message in said


@pytest.mark.parametrize(
    ("python", "messages"),
    [
        (sys.executable, ["Isaac Lab ended with status 1", "No module named 'isaaclab"]),
        ("/no/such/python", ["/no/such/python cannot be run: No such file", "TUNER_ISAACLAB_PYTHON"]),
        ("/dev/null", ["/dev/null cannot be run: Permission denied"]),
    ],
)
def test_an_interpreter_that_has_no_isaac_lab_is_named(monkeypatch, capsys, tmp_path, python, messages):
    monkeypatch.setenv("TUNER_ISAACLAB_PYTHON", python)
    small = ("--robots", 2, "--steps", 2, "--actions", "still", "--sides", "shipped")
    code, said = ended(monkeypatch, capsys, *small, "--output", tmp_path / "out")
    assert code == 2
    assert all(message in said for message in messages)
