"""Start an agent from a saved one, with what that one has learned but without what it has collected."""

import pickle
import zipfile
import zlib
from pathlib import Path
from typing import Any

import jax
import numpy as np
import optax

from tuner.agents._save import Normalization, load_normalization
from tuner.agents.fused import SAVED_BOX_FACTOR, divided_gaussian
from tuner.agents.shared.parameters import train_states
from tuner.agents.stock import STOCK_CLASSES
from tuner.config import Algorithm
from tuner.errors import UserError

_UNREADABLE = (
    *(ValueError, KeyError, TypeError, AttributeError, EOFError, RuntimeError, ImportError, OSError),
    *(zipfile.BadZipFile, zlib.error, pickle.UnpicklingError),
)
"""What loading raises for a file of another kind or a damaged one."""


def load_agent(directory: Path, algorithm: Algorithm) -> tuple[Any, Normalization | None]:
    """Load what `save_agent` wrote: an agent of plain SBX, and how its observations are normalised.

    Its replay buffer, which could take gigabytes, is made tiny. Loading seeds the global random generators, as SBX does
    whenever it makes an agent.

    Raises:
        UserError: if it cannot be loaded.
    """
    file = directory / "policy.zip"
    try:
        agent = STOCK_CLASSES[algorithm].load(file, device="cpu", custom_objects={"buffer_size": 1})
        return agent, load_normalization(directory)
    except _UNREADABLE as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(f"The policy in {directory} cannot be loaded: {reason}") from error


def restore(
    agent: Any, saved: Any, normalization: Normalization | None, *, squash: bool = True, directory: Path
) -> None:
    """Put the saved agent's parameters, targets, optimiser states and normalisation into a fresh agent.

    The entropy coefficient is taken over if both agents learn it, and a target entropy that falls goes on falling. A
    fixed coefficient, learning rates and all other settings are those of the new configuration. The replay buffer is
    empty, and robots act by the policy from the first step instead of at random.

    Args:
        agent: built from its configuration, its own parameters final but not yet handed to a learner.
        saved: from `load_agent`.
        normalization: the same.
        squash: whether the agent squashes its actions; if not, the form in which it was saved is undone.
        directory: where they come from, for messages.

    Raises:
        UserError: if the saved agent does not fit.
    """
    _check_spaces(agent, saved, 1.0 if squash else SAVED_BOX_FACTOR, directory)
    if not squash:
        actor = saved.policy.actor_state
        parameters = divided_gaussian(actor.params, agent.action_space.shape[0], 1 / SAVED_BOX_FACTOR)
        saved.policy.actor_state = actor.replace(params=parameters)
    _restore_normalization(agent, normalization, directory)
    theirs = train_states(saved)
    for name, ours in train_states(agent).items():
        if name == "ent_coef_state" and not (_is_learned(ours) and _is_learned(theirs[name])):
            continue
        _check_fits(name, ours, theirs[name], directory)
        owner = agent.policy if hasattr(agent.policy, name) else agent
        setattr(owner, name, _taken_over(ours, theirs[name], adaptive_rate=hasattr(agent, "adaptive_lr")))
    if hasattr(agent, "adaptive_lr"):  # loading resets SBX's stored learning rate
        rate = optax.tree_utils.tree_get(saved.policy.actor_state.opt_state, "learning_rate")
        agent.adaptive_lr.current_adaptive_lr = float(rate)
    _restore_steps(agent, saved)
    agent.pretrained = True


def _restore_steps(agent: Any, saved: Any) -> None:
    """Let schedules over environment steps go on where the saved agent's were."""
    agent.steps_before = getattr(saved, "steps_before", 0) + saved.num_timesteps
    agent.entropy_falls_from = getattr(saved, "entropy_falls_from", None)


def _check_spaces(agent: Any, saved: Any, widened: float, directory: Path) -> None:
    """Refuse other shapes, and, if actions are squashed, another box; the saved box is `widened` by this factor."""
    for what in ("observation", "action"):
        ours, theirs = getattr(agent, f"{what}_space"), getattr(saved, f"{what}_space")
        if ours.shape != theirs.shape:
            raise UserError(
                f"The policy in {directory} has {what}s of shape {theirs.shape}, but the task's are of shape "
                f"{ours.shape}. Start from a run of the same task."
            )
    box, other = _bounds(agent.action_space, 1.0), _bounds(saved.action_space, 1 / widened)
    if agent.policy.squash_output and not np.allclose(box, other, rtol=1e-4, atol=1e-6):
        raise UserError(
            f"The policy in {directory} was trained in another action box, {_words(other)}, and would act differently "
            f"in this one, {_words(box)}. Start from a run with the same action box."
        )


def _restore_normalization(agent: Any, normalization: Normalization | None, directory: Path) -> None:
    normalizer = agent.get_vec_normalize_env()
    if (normalizer is None) != (normalization is None):
        theirs, ours = ("takes", "does not") if normalizer is None else ("does not take", "does")
        raise UserError(
            f"The policy in {directory} {theirs} normalised observations, and this agent {ours}. Start from a run with "
            "the same normalize_observations."
        )
    if normalizer is not None and normalization is not None:
        normalizer.obs_rms.mean = np.array(normalization.mean, dtype=np.float64)
        normalizer.obs_rms.var = np.array(normalization.var, dtype=np.float64)
        normalizer.obs_rms.count = normalization.count


def _check_fits(name: str, ours: Any, theirs: Any, directory: Path) -> None:
    what = f"The policy in {directory} does not fit: its {name.removesuffix('_state')}"
    advice = "Start from a run with the same network and optimiser."
    theirs = theirs.replace(apply_fn=ours.apply_fn, tx=ours.tx)
    structures: list[Any] = [jax.tree.structure(ours), jax.tree.structure(theirs)]
    if structures[0] != structures[1]:
        raise UserError(f"{what} has other layers or another optimiser. {advice}")
    pairs = zip(jax.tree_util.tree_leaves_with_path(ours), jax.tree.leaves(theirs), strict=True)
    for (path, mine), other in pairs:
        if np.shape(mine) != np.shape(other):
            layer = "/".join(str(getattr(key, "key", getattr(key, "name", key))) for key in path)
            raise UserError(f"{what} has {layer} of shape {np.shape(other)}, and here it is {np.shape(mine)}. {advice}")


def _taken_over(ours: Any, theirs: Any, *, adaptive_rate: bool) -> Any:
    """Return their train state with our functions and our optimiser's settings, which optax keeps in its state."""

    def choose(path: Any, mine: Any, other: Any) -> Any:
        names = [getattr(key, "name", getattr(key, "key", None)) for key in path]
        learned_rate = adaptive_rate and names[-1] == "learning_rate"
        return mine if "hyperparams" in names and not learned_rate else other

    theirs = theirs.replace(apply_fn=ours.apply_fn, tx=ours.tx)
    return jax.tree_util.tree_map_with_path(choose, ours, theirs)


def _is_learned(state: Any) -> bool:
    return "log_ent_coef" in state.params


def _bounds(box: Any, factor: float) -> tuple[Any, Any]:
    """Return the ends of a box resized about its centre."""
    low, high = box.low.astype(np.float64), box.high.astype(np.float64)
    centre, half = (low + high) / 2, (high - low) / 2 * factor
    return centre - half, centre + half


def _words(bounds: tuple[Any, Any]) -> str:
    return " … ".join(_numbers(end) for end in bounds)


def _numbers(bounds: Any) -> str:
    found = sorted({f"{bound:.4g}" for bound in bounds.tolist()}, key=float)
    return found[0] if len(found) == 1 else f"({found[0]} to {found[-1]})"
