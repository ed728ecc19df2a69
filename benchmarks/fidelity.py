"""Does the embedded A1 earn what Isaac Lab's own A1 earns? Each reward term, falls and speed, under the same actions.

The embedded task `Velocity-Flat-A1` and Isaac Lab 3.0's `IsaacContrib-Velocity-Flat-UnitreeA1`, on Newton, carry out
the same actions with the same commands, robot by robot:

    still                 no action: the robots drop into the default pose and stand
    noise_0.5, noise_1    white Gaussian noise of this standard deviation about the default pose
    trot                  an open-loop gait, each robot at a phase of its own

Commands are held for the whole run, and are the same again after a fall. Isaac Lab runs as it is shipped, and then with
one change after the other that brings it nearer to the embedded task:

    shipped               as it is
    starts                episodes start as the embedded task's do, with the same masses, and without pushes
    readings              also, contacts and accelerations are read after every physics step
    friction              also, the embedded model's friction
    contacts              also, its physics step and contact stiffness

The last difference is made up on the embedded side: `feet` is the embedded task with contacts as soft as where feet are
bodies of their own, as in Isaac Lab. They are part of the calves in the embedded model.

A table for each kind of actions shows the means over the robots of the embedded task and of Isaac Lab as shipped, with
the half-width of their 95 % interval (t). Then comes the embedded task minus Isaac Lab after each change, and `feet`
minus Isaac Lab after all, with the interval of these differences robot by robot; * marks those beyond noise, unless
they round to zero.

TUNER_ISAACLAB_PYTHON names the interpreter that has Isaac Lab, ISAACSIM_ASSET_ROOT the robot's files. Finished rollouts
stay in --output, and the same command continues after an interruption.

    python benchmarks/fidelity.py --output runs/fidelity
    python benchmarks/fidelity.py --table benchmarks/data/fidelity_a1
"""

import argparse
import hashlib
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from importlib.resources import files
from pathlib import Path
from typing import Any

import mujoco
import numpy as np
import numpy.typing as npt
import scipy.stats

from tuner.config import TaskConfig
from tuner.errors import UserError
from tuner.simulators import open_task, task_revision
from tuner.simulators.server import server_for

Floats = npt.NDArray[np.float64]

KINDS = ("still", "noise_0.5", "noise_1", "trot")
EMBEDDED, FEET = "embedded", "feet"
SHIPPED, CHANGES = "shipped", ("starts", "readings", "friction", "contacts")
ISAAC_SIDES = (SHIPPED, *CHANGES)
"""Isaac Lab as it is, and after each change to it, with those before."""
EMBEDDED_TASK, ISAAC_LAB = "Velocity-Flat-A1", "IsaacContrib-Velocity-Flat-UnitreeA1"
ROLLOUTS = Path(__file__).with_name("_isaaclab_rollouts.py")
LOG_LINES = 15
MAX_STEPS = 999
"""Control steps before an episode runs out of time."""
TROT_HERTZ, TROT_PAUSE, TROT_RAMP = 2.3, 0.6, 0.5
"""Strides per second; seconds in which the robots stand first, and in which the gait then grows to its full size."""
TROT_THIGH, TROT_CALF = (0.3, 2.2), (-0.4, -2.7)
"""Mean and amplitude of the thighs, and mean and lift of the calves, in units of action."""
TROT_PHASES = np.array([0.0, np.pi, np.pi, 0.0])
"""Of FL, FR, RL, RR: diagonal legs move together."""


@dataclass(frozen=True)
class Plan:
    """What both sides carry out; rows of all arrays are robots, except for actions."""

    kind: str
    side: str
    changes: npt.NDArray[np.str_]
    """Of Isaac Lab's task: `CHANGES` up to the one that the side is named after."""
    seed: int
    actions: npt.NDArray[np.float32]
    """Shape (steps, robots, 12), in the embedded task's order."""
    joints: npt.NDArray[np.str_]
    """Their names in that order, shape (12,)."""
    velocity: Floats
    """Command (vx, vy, ω) at the start of an episode, m/s and rad/s, shape (robots, 3)."""
    heading: Floats
    """Commanded heading in the world, rad, shape (robots,)."""
    added_mass: Floats
    """kg, shape (robots,)."""
    friction: float
    stiffness: float
    """Of contacts, as Newton takes it: ke."""
    damping: float
    """Of contacts, as Newton takes it: kd."""
    armature: float
    """Reflected inertia of the motors, kg·m², which both sides have from the embedded model."""
    revision: int
    """Of the embedded task."""

    def arrays(self) -> dict[str, Any]:
        """Return all fields by name."""
        return {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}

    @property
    def digest(self) -> str:
        """A text that differs between plans that differ."""
        return hashlib.sha256(b"".join(array.tobytes() for array in self.arrays().values())).hexdigest()


@dataclass(frozen=True)
class Rollout:
    """What came of a plan on one side."""

    terms: tuple[str, ...]
    rates: Floats
    """Weighted reward of each term per second, mean over the run, shape (robots, terms)."""
    falls: Floats
    """Episodes that ended by a fall, shape (robots,)."""
    forward: Floats
    """Speed along the robot's own x axis, mean over the run, m/s, shape (robots,)."""
    steps: int
    versions: tuple[str, ...]

    def save(self, file: Path, digest: str) -> None:
        arrays = {field.name: np.asarray(getattr(self, field.name)) for field in fields(self)}
        np.savez_compressed(file, digest=digest, **arrays)

    @classmethod
    def load(cls, file: Path) -> "Rollout":
        with np.load(file) as stored:
            return cls(
                terms=tuple(stored["terms"].tolist()),
                rates=stored["rates"],
                falls=stored["falls"],
                forward=stored["forward"],
                steps=int(stored["steps"]),
                versions=tuple(stored["versions"].tolist()),
            )

    def measures(self, terms: Sequence[str]) -> dict[str, Floats]:
        """Return what the table compares, by the name of the row, each of shape (robots,)."""
        columns = [self.terms.index(term) for term in terms]
        return {
            **dict(zip(terms, self.rates[:, columns].T, strict=True)),
            "total": self.rates.sum(axis=1),
            "falls per 1,000 steps": 1000.0 * self.falls / self.steps,
            "robots that fell, %": 100.0 * (self.falls > 0),
            "forward speed, m/s": self.forward,
        }


def plan_for(kind: str, side: str, env: Any, *, steps: int, seed: int) -> Plan:
    """Return a plan: the masses are those of `env`, the rest is drawn from the seed, the same for all sides."""
    random = np.random.default_rng(seed)
    robots = env.num_envs
    heading = random.uniform(-np.pi, np.pi, robots)
    turning = np.clip(0.5 * heading, -1.0, 1.0)  # as both tasks steer from heading 0
    velocity = np.column_stack([random.uniform(-1.0, 1.0, (robots, 2)), turning])
    timeconst, dampratio = env.model.geom_solref[0]
    damping = 2.0 / timeconst
    return Plan(
        kind=kind,
        side=side,
        changes=np.array(CHANGES[: CHANGES.index(side) + 1 if side in CHANGES else 0], dtype=np.str_),
        seed=seed,
        actions=actions_for(kind, random, steps, robots, env.control_period_seconds),
        joints=np.array(env.joint_targets.names),
        velocity=velocity,
        heading=heading,
        added_mass=env.memory["added_mass"].copy(),
        friction=float(env.model.geom("FL_foot").friction[0]),
        stiffness=(damping / (2.0 * dampratio)) ** 2,
        damping=damping,
        armature=float(env.model.dof_armature[-1]),
        revision=task_revision(TaskConfig(id=EMBEDDED_TASK)) or 0,
    )


def actions_for(
    kind: str, random: np.random.Generator, steps: int, robots: int, period: float
) -> npt.NDArray[np.float32]:
    """Return the actions of a kind, shape (steps, robots, 12): hips, thighs, calves, each of FL, FR, RL, RR."""
    if kind == "trot":
        return trot(period * np.arange(steps), random.uniform(0.0, 2.0 * np.pi, robots))
    scale = 0.0 if kind == "still" else float(kind.removeprefix("noise_"))
    return (scale * random.standard_normal((steps, robots, 12))).astype(np.float32)


def trot(seconds: Floats, phases: Floats) -> npt.NDArray[np.float32]:
    """Return a trot, whose calves lift as the thighs swing forward, shape (len(seconds), len(phases), 12)."""
    phase = 2.0 * np.pi * TROT_HERTZ * seconds[:, None, None] + phases[:, None] + TROT_PHASES
    thighs = TROT_THIGH[0] + TROT_THIGH[1] * np.sin(phase)
    calves = TROT_CALF[0] + TROT_CALF[1] * np.maximum(0.0, -np.cos(phase))
    size = np.clip((seconds - TROT_PAUSE) / TROT_RAMP, 0.0, 1.0)[:, None, None]
    return np.concatenate([np.zeros_like(phase), size * thighs, size * calves], axis=2).astype(np.float32)


def open_embedded(robots: int, seed: int) -> Any:
    """Open the embedded task without observation noise, which rewards do not depend on."""
    options = {"observation_noise": False}
    return open_task(TaskConfig(id=EMBEDDED_TASK, num_envs=robots, options=options), seed=seed, threads=1)


def soften_feet(env: Any) -> None:
    """Make contacts as soft as those of feet that are bodies of their own.

    MuJoCo scales the softness of a contact by its bodies' inverse weight, which a foot alone has more of than a calf.
    """
    source = files("tuner.simulators.mujoco").joinpath("a1.xml").read_text(encoding="utf-8")
    model = mujoco.MjModel.from_xml_string(source.replace('fusestatic="true"', 'fusestatic="false"'))
    data = mujoco.MjData(model)
    mass, inertia = env.batch.expand("body_mass"), env.batch.expand("body_inertia")
    weights = env.batch.expand("body_invweight0")
    trunk = model.body("trunk").id
    for robot in range(env.num_envs):
        model.body_mass[trunk], model.body_inertia[trunk] = mass[robot, trunk], inertia[robot, trunk]
        mujoco.mj_setConst(model, data)
        for leg in ("FL", "FR", "RL", "RR"):
            calf = env.model.body(f"{leg}_calf").id
            weights[robot, calf] = model.body_invweight0[model.body(f"{leg}_foot").id]


def embedded_rollout(env: Any, plan: Plan) -> Rollout:
    """Carry out a plan on the embedded task, from a reset on."""
    impose(env, plan)
    env.reset()
    steps, robots, _ = plan.actions.shape
    rates, falls, forward = np.zeros((robots, 1)), np.zeros(robots), np.zeros(robots)
    for actions in plan.actions:
        observations, _, dones, infos = env.step(actions)
        for robot in np.flatnonzero(dones):
            observations[robot] = infos[robot]["terminal_observation"]
        rates = rates + np.column_stack(list(env.reward_rates.values()))
        falls += dones
        forward += observations[:, 0]
    versions = (f"mujoco {mujoco.__version__}",)
    return Rollout(tuple(env.reward_rates), rates / steps, falls, forward / steps, steps, versions)


def impose(env: Any, plan: Plan) -> None:
    """Give each robot its command of the plan whenever a new one would be drawn, and start it with heading 0."""

    def resample(ids: npt.NDArray[np.intp], _random: np.random.Generator) -> None:
        env.commands.velocity[ids] = plan.velocity[ids]
        env.commands.heading[ids] = plan.heading[ids]
        env.commands.standing[ids] = False
        env.commands.steps_left[ids] = len(plan.actions) + 1

    def restart(ids: npt.NDArray[np.intp]) -> None:
        type(env).restart(env, ids)
        env.qpos[ids] = env.model.key_qpos[0]

    env.commands.resample = resample
    env.restart = restart


def roll_out_all(arguments: argparse.Namespace, python: Path) -> None:
    """Carry out all plans on both sides; keep what came of them in the output folder.

    Raises:
        UserError: if the folder holds rollouts of other plans, or Isaac Lab fails.
    """
    env = open_embedded(arguments.robots, arguments.seed)
    plans = {
        side: [plan_for(kind, side, env, steps=arguments.steps, seed=arguments.seed) for kind in arguments.actions]
        for side in (EMBEDDED, FEET, *arguments.sides)
    }
    waiting = {side: [plan for plan in plans[side] if not is_done(plan, arguments.output)] for side in plans}
    for side in (EMBEDDED, FEET):  # every time, as it takes seconds, and the task may have changed
        if side == FEET:
            soften_feet(env)
        for plan in plans[side]:
            print(f"{side}: {plan.kind}", flush=True)
            embedded_rollout(env, plan).save(file_of(arguments.output, plan.kind, side), plan.digest)
    env.close()
    for side in arguments.sides:
        if waiting[side]:
            isaaclab_rollouts(waiting[side], arguments.output, python)


def is_done(plan: Plan, folder: Path) -> bool:
    """Return whether the folder holds the plan's rollout.

    Raises:
        UserError: if it holds another plan's in its place.
    """
    file = file_of(folder, plan.kind, plan.side)
    if not file.exists():
        return False
    with np.load(file) as stored:
        if str(stored["digest"]) != plan.digest:
            raise UserError(
                f"{file} was made with other robots, steps, seed or motions, or of another revision of the task. "
                "Repeat those, or give another --output."
            )
    return True


def isaaclab_rollouts(plans: Sequence[Plan], folder: Path, python: Path) -> None:
    """Carry out plans of one side in one process of Isaac Lab."""
    log = folder / f"{plans[0].side}.log"
    with tempfile.TemporaryDirectory(prefix="fidelity-") as temporary, log.open("w") as errors:
        arguments: list[str | Path] = []
        for plan in plans:
            given = Path(temporary) / f"{plan.kind}.npz"
            np.savez(given, digest=plan.digest, **plan.arrays())
            arguments += [given, file_of(folder, plan.kind, plan.side).absolute()]
        try:
            status = subprocess.run([python, ROLLOUTS, *arguments], stderr=errors, cwd=temporary).returncode
        except OSError as error:
            raise UserError(
                f"{python} cannot be run: {error.strerror}. Give TUNER_ISAACLAB_PYTHON the path of the Python that has "
                "Isaac Lab."
            ) from error
    if status != 0:
        ending = "\n".join(log.read_text(errors="replace").splitlines()[-LOG_LINES:])
        raise UserError(f"Isaac Lab ended with status {status}; {log} says why. Its last lines:\n{ending}")


def file_of(folder: Path, kind: str, side: str) -> Path:
    return folder / f"{kind}.{side}.npz"


def print_tables(folder: Path) -> None:
    """Print a table for each kind of actions in a folder.

    Raises:
        UserError: if there is none.
    """
    shown = 0
    for kind in KINDS:
        found = {side: file_of(folder, kind, side) for side in (EMBEDDED, FEET, *ISAAC_SIDES)}
        sides = {side: Rollout.load(file) for side, file in found.items() if file.exists()}
        if EMBEDDED in sides and not sides.keys().isdisjoint(ISAAC_SIDES):
            shown += 1
            print("\n".join(table(kind, sides)))
    if not shown:
        raise UserError(f"{folder} holds no rollouts of both sides. Make some with --output {folder}")


def table(kind: str, sides: Mapping[str, Rollout]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    ours, theirs = sides[EMBEDDED], [side for side in ISAAC_SIDES if side in sides]
    pairs = [(EMBEDDED, side) for side in theirs]
    if FEET in sides and CHANGES[-1] in sides:
        pairs.append((FEET, CHANGES[-1]))
    shown = [side for side in (EMBEDDED, SHIPPED) if side in sides]
    versions = ", ".join(ours.versions + sides[theirs[0]].versions)
    yield f"\n{kind}: {len(ours.falls)} robots, {ours.steps} control steps; {versions}\n"
    heads = [*shown, *(f"− {side}" if own == EMBEDDED else f"{own} − {side}" for own, side in pairs)]
    yield "| per second | " + " | ".join(heads) + " |"
    yield "|---" * (1 + len(heads)) + "|"
    measured = {side: rollout.measures(ours.terms) for side, rollout in sides.items()}
    for name in measured[EMBEDDED]:
        cells = [cell(measured[side][name]) for side in shown]
        cells += [difference_cell(measured[own][name] - measured[side][name]) for own, side in pairs]
        yield f"| {name} | " + " | ".join(cells) + " |"


def interval(values: Floats) -> tuple[float, float]:
    """Return the mean of values, shape (n,), and the half-width of its 95 % interval; NaN for a single value."""
    half = scipy.stats.t.ppf(0.975, len(values) - 1) * scipy.stats.sem(values) if len(values) > 1 else np.nan
    return float(values.mean()), float(half)


def cell(values: Floats) -> str:
    mean, half = interval(values)
    return f"{_rounded(mean):.3f} ± {half:.3f}"


def difference_cell(values: Floats) -> str:
    """Return the mean difference, marked if its interval excludes 0 and it does not round to 0."""
    mean, half = interval(values)
    return cell(values) + (" *" if abs(mean) > half and _rounded(mean) else "")


def _rounded(value: float) -> float:
    return round(value, 3) + 0.0  # no negative zero


def parse() -> tuple[argparse.ArgumentParser, argparse.Namespace]:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--actions", nargs="+", choices=KINDS, default=list(KINDS), metavar="KIND")
    parser.add_argument(
        "--sides", nargs="+", choices=ISAAC_SIDES, default=list(ISAAC_SIDES), metavar="SIDE", help="of Isaac Lab"
    )
    parser.add_argument("--robots", type=int, default=64)
    parser.add_argument("--steps", type=int, default=250, help=f"control steps, 0.02 s each, at most {MAX_STEPS}")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=Path("runs/fidelity"), metavar="FOLDER")
    parser.add_argument("--table", type=Path, metavar="FOLDER", help="only print the tables of such a folder")
    arguments = parser.parse_args()
    if arguments.robots < 2:
        parser.error(f"--robots is {arguments.robots}, but intervals need at least 2.")
    if not 1 <= arguments.steps <= MAX_STEPS:
        parser.error(f"--steps is {arguments.steps}, but must lie in 1 … {MAX_STEPS}, so that no episode runs out.")
    return parser, arguments


def main() -> None:
    parser, arguments = parse()
    try:
        if arguments.table is None:
            server = server_for(TaskConfig(id=ISAAC_LAB, simulator="isaaclab", num_envs=arguments.robots))
            arguments.output.mkdir(parents=True, exist_ok=True)
            roll_out_all(arguments, server.python)
        print_tables(arguments.table or arguments.output)
    except UserError as error:
        parser.exit(2, f"{error}\n")


if __name__ == "__main__":
    main()
