from pathlib import Path
from typing import Any

import pytest

from tuner.config import load_study
from tuner.errors import UserError

STUDY = """
study: tiny
task: {id: Cartpole, options: {noise: true}}
search_space: sac_speed
objective: {target: 4.5}
budget: {trials: 9}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.yaml"
    path.write_text(STUDY, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("override", "read", "expected"),
    [
        ("budget.seconds=60", lambda c: c.budget.seconds, 60.0),
        ("budget.seconds= 1e1 ", lambda c: c.budget.seconds, 10.0),
        ("study=other", lambda c: c.study, "other"),
        ("storage=sqlite:///a=b.db", lambda c: c.storage, "sqlite:///a=b.db"),  # only the first '=' parts
        ("warm_start=[a, b]", lambda c: c.warm_start, ("a", "b")),
        ("confirm.top=2", lambda c: c.confirm.top, 2),  # a section that the file leaves out
        ("confirm=null", lambda c: c.confirm, None),
        ("fixed.learning_rate=1e-3", lambda c: c.fixed, {"learning_rate": 0.001}),
        ("task.options.a.b=[1, {c: x}]", lambda c: c.task.options, {"noise": True, "a": {"b": [1, {"c": "x"}]}}),
        ("task.options={}", lambda c: c.task.options, {}),
        ("pruner={kind: median, options: {n_startup_trials: 3}}", lambda c: c.pruner.options, {"n_startup_trials": 3}),
        ("objective.target='15'", None, "objective.target: needs a number, but '15' was given"),
    ],
)
def test_values_are_replaced_or_added(path: Path, override: str, read: Any, expected: Any) -> None:
    if read is None:
        with pytest.raises(UserError) as caught:
            load_study(path, [override])
        assert expected in str(caught.value)
        assert f"--set {override}" in str(caught.value)  # the mistake may lie there, not in the file
    else:
        config = load_study(path, [override])
        assert read(config) == expected
        assert config.budget.trials == 9  # the rest of the file stays


def test_the_last_one_wins_and_nothing_is_lost(path: Path) -> None:
    config = load_study(path, ["budget.seconds=5", "budget.ticks=3", "budget.seconds=6"])
    assert (config.budget.seconds, config.budget.ticks, config.budget.trials) == (6.0, 3, 9)


@pytest.mark.parametrize(
    ("override", "parts"),
    [
        ("budget.secods=60", ["Unknown key 'secods' in budget", "Did you mean 'seconds'?"]),
        ("targett=3", ["Unknown key 'targett'.", "Did you mean 'objective.target'?"]),
        ("budgt.seconds=60", ["Unknown key 'budgt'", "Did you mean 'budget'?"]),
        ("budget.seconds.more=1", ["'budget.seconds' has no keys of its own", "budget.seconds=…"]),
        ("warm_start.0=a", ["'warm_start' has no keys of its own"]),
        ("task.options.noise.level=1", ["'task.options.noise' is True in the study file and has no keys"]),
        ("budget.seconds", ["path=value", "'budget.seconds'"]),
        ("=60", ["path=value"]),
        ("budget..seconds=60", ["path=value"]),
        ("warm_start=[a", ["warm_start=[a", "not valid YAML"]),
        ("budget.seconds=", ["budget.seconds: needs a number, but nothing (null) was given"]),
    ],
)
def test_mistakes_are_explained(path: Path, override: str, parts: list[str]) -> None:
    with pytest.raises(UserError) as caught:
        load_study(path, [override])
    for part in (override, *parts):
        assert part in str(caught.value)
