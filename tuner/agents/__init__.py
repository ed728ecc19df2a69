"""Agents of sbx-rl, built from an `AgentConfig`, timed into a trial's ledger and warmed up before its clock starts."""

from tuner.agents._build import build_agent, normalize_observations
from tuner.agents._inspection import (
    finish_updates,
    gradient_steps_done,
    is_finite,
    noise_hold,
    observe_return,
    training_metrics,
)
from tuner.agents._interruption import mark_interruption, restart_from
from tuner.agents._precision import multiplies_bfloat16, usable_precision
from tuner.agents._restore import load_agent
from tuner.agents._save import Normalization, load_normalization, save_agent
from tuner.agents._warm_up import warm_up
from tuner.agents.shared.changed_updates import (
    ChangedUpdates,
    averaging_critics,
    changed_updates,
    falling_entropy,
    limiting_ent_coef,
)
from tuner.agents.shared.compilation import enable_compilation_cache
from tuner.agents.shared.devices import set_up_devices
from tuner.agents.shared.mean_penalty import penalizing_means
from tuner.agents.shared.network import policy_arguments
from tuner.agents.shared.parameters import target_entropy
from tuner.agents.stock import checked_arguments

__all__ = [
    "ChangedUpdates",
    "Normalization",
    "averaging_critics",
    "build_agent",
    "changed_updates",
    "checked_arguments",
    "enable_compilation_cache",
    "falling_entropy",
    "finish_updates",
    "gradient_steps_done",
    "is_finite",
    "limiting_ent_coef",
    "load_agent",
    "load_normalization",
    "mark_interruption",
    "multiplies_bfloat16",
    "noise_hold",
    "normalize_observations",
    "observe_return",
    "penalizing_means",
    "policy_arguments",
    "restart_from",
    "save_agent",
    "set_up_devices",
    "target_entropy",
    "training_metrics",
    "usable_precision",
    "warm_up",
]
