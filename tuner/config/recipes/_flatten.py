"""Configurations as people write them, in one flat mapping with one name for each thing."""

from collections.abc import Callable, Container, Mapping
from typing import Any

from tuner.config.agent import linear_start
from tuner.config.arguments import SBX_DEFAULTS
from tuner.config.recipes._expressions import read_expression
from tuner.config.recipes._vocabulary import ALGORITHMS
from tuner.errors import UserError

_WHOLE = frozenset(
    name for algorithm in ALGORITHMS for name, value in SBX_DEFAULTS[algorithm].items() if type(value) is int
)
"""Arguments that are whole numbers; RL Zoo's files have some as 1e6."""
_ACTIVATIONS = {"swish": "silu"}
_POLICIES = {"MlpPolicy": "mlp", "SimbaPolicy": "simba", "MultiInputPolicy": "mlp", "mlp": "mlp", "simba": "simba"}
"""Kinds of `Network` by SBX's names. The parts of a Dict observation are joined to one vector."""
_OURS = "tuner.export.rl_zoo."
"""Where the classes are that files written by `tuner export` name."""


def flatten(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return values in the names and forms of SBX and `AgentConfig`, `policy_kwargs` beside the others.

    Args:
        values: in the names of SBX, of RL Zoo's files, or of Isaac Lab's files for Stable-Baselines3.
        where: their place, for errors.

    Raises:
        UserError: if something cannot be read.
    """
    flat: dict[str, Any] = {}
    for name, value in values.items():
        expand = _EXPANSIONS.get(name)
        flat |= {name: value} if expand is None else expand(value, f"{name} of {where}")
    if flat.get("noise_type") == "normal" and "noise_std" in flat:
        del flat["noise_type"]
        flat["action_noise"] = flat.pop("noise_std")
    start = linear_start(flat.get("clip_range"))
    if start is not None:
        flat |= {"clip_range": start, "clip_range_schedule": "linear"}
    return {name: _tidy(name, value, where) for name, value in flat.items()}


def _tidy(name: str, value: Any, where: str) -> Any:
    """Return a value in the form that `AgentConfig` has for it."""
    if name == "net_arch":
        return _net_arch(value, where)
    if name == "policy":
        return _policy(value, where)
    if name in ("activation_fn", "optimizer_class") and isinstance(value, str):
        short = value.rpartition(".")[2].lower()
        return _ACTIVATIONS.get(short, short)
    if isinstance(value, str):
        value = _number(value)
    if name in _WHOLE and isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _policy(value: Any, where: str) -> str:
    if not isinstance(value, str) or value not in _POLICIES:
        raise UserError(
            f"policy of {where} is {value!r}, but agents here have vectors as observations: MlpPolicy or SimbaPolicy."
        )
    return _POLICIES[value]


def _number(text: str) -> float | str:
    """Return the number that a text is; YAML 1.1 takes 1e-3, without a point, for a text."""
    try:
        return float(text)
    except ValueError:
        return text


def _net_arch(value: Any, where: str) -> dict[str, Any]:
    """Return the sizes of actor and critic from any of Stable-Baselines3's forms."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], Mapping):
        value = value[0]
    if isinstance(value, list):
        return {"pi": value, "qf": value}
    if isinstance(value, Mapping):
        sizes = {"qf" if key == "vf" else key: sizes for key, sizes in value.items()}
        if sizes.keys() == {"pi", "qf"}:
            return sizes
    raise UserError(
        f"net_arch of {where} is {value!r}, but must be a list of layer sizes, such as [256, 256], or have one such "
        "list for pi and one for qf (vf for PPO)."
    )


def _mapping(value: Any, where: str) -> dict[str, Any]:
    found = read_expression(value, where) if isinstance(value, str) else value
    if not isinstance(found, Mapping):
        raise UserError(f"{where} is {value!r}, but must be a mapping of names to values.")
    return dict(found)


def _normalize(value: Any, where: str) -> dict[str, Any]:
    """Return what RL Zoo's `normalize` says: true, false, or the arguments of VecNormalize."""
    if isinstance(value, bool):
        return {"normalize_observations": value}
    arguments = _mapping(value, where)
    found = {"normalize_observations": arguments.get("norm_obs", True), **_norm_reward(arguments.get("norm_reward"))}
    return found | ({"clip_observations": arguments["clip_obs"]} if "clip_obs" in arguments else {})


def _norm_reward(value: Any) -> dict[str, Any]:
    return {"norm_reward": value} if value else {}


def _with_ours(
    name: str, settings: Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]
) -> Callable[[Any, str], dict[str, Any]]:
    """Return the expansion of a list of classes, in which files that `tuner export` wrote have classes of ours.

    Args:
        name: the list's; what is not ours stays there.
        settings: what the arguments of each of our classes are in the names of `AgentConfig`.
    """

    def expand(value: Any, where: str) -> dict[str, Any]:
        del where
        found: dict[str, Any] = {}
        others = []
        for entry in value if isinstance(value, list) else []:
            ours = _arguments_of_ours(entry, settings)
            if ours is None:
                others.append(entry)
            else:
                class_name, arguments = ours
                found |= settings[class_name](arguments)
        return {name: value} if not found else found | ({name: others} if others else {})

    return expand


def _arguments_of_ours(entry: Any, names: Container[str]) -> tuple[str, Mapping[str, Any]] | None:
    """Return the name and the arguments of an entry such as {tuner.export.rl_zoo.InitialStd: {std: 0.3}}, or None."""
    if not isinstance(entry, Mapping) or len(entry) != 1:
        return None
    ((path, arguments),) = entry.items()
    class_name = str(path).removeprefix(_OURS)
    ours = path == _OURS + class_name and class_name in names and isinstance(arguments, Mapping)
    return (class_name, arguments) if ours else None


_EXPANSIONS: dict[str, Callable[[Any, str], dict[str, Any]]] = {
    "policy_kwargs": _mapping,
    "normalize": _normalize,
    "normalize_input": lambda value, where: {"normalize_observations": value},
    "normalize_value": lambda value, where: _norm_reward(value),
    "clip_obs": lambda value, where: {"clip_observations": value},
    "callback": _with_ours("callback", {"InitialStd": lambda given: {"initial_std": given.get("std")}}),
    "vec_env_wrapper": _with_ours(
        "vec_env_wrapper",
        {
            "ActionBox": lambda given: {"action_box": dict(given)},
            "AliveBonus": lambda given: {"alive_bonus": given.get("bonus")},
        },
    ),
}
