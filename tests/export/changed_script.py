"""The changes to a training script of Isaac Lab that the comments of an exported file ask for."""

import itertools
import re

LANDMARKS = {
    1: r"^()# PLACEHOLDER: Extension template.*$",  # below the imports in all versions
    2: r"^( *)env = Sb3VecEnvWrapper\(.*\)$",
    3: r"^( *)agent = PPO\(.*\)$",
    4: r"^()import isaaclab_tasks\b.*$",
}


def changes_in(text: str) -> dict[int, str]:
    """Return the code in the comments of an exported file, by the number of the change."""
    _, *parts = re.split(r"^# (\d)\. ", text, flags=re.MULTILINE)
    return {int(number): _first_code(part) for number, part in zip(parts[::2], parts[1::2], strict=True)}


def _first_code(comments: str) -> str:
    lines = itertools.dropwhile(lambda line: not line.startswith("#     "), comments.splitlines())
    code = itertools.takewhile(lambda line: line.startswith("#     ") or line == "#", lines)
    return "\n".join(line[6:] for line in code).rstrip()


def changed(script: str, text: str) -> str:
    """Return a training script with the changes that an exported file asks for."""
    for number, code in changes_in(text).items():
        ((line, indent),) = ((found[0], found[1]) for found in re.finditer(LANDMARKS[number], script, re.MULTILINE))
        indented = "\n".join(f"{indent}{part}".rstrip() for part in code.splitlines())
        script = script.replace(line, indented if number == 3 else f"{line}\n{indented}")
    return script
