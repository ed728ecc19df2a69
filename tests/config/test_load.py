import os
from pathlib import Path
from typing import Any

import pytest

from tuner.config import DEFAULT_STORAGE, StudyConfig, bundled_studies, is_study_path, load_study
from tuner.errors import UserError

MINIMAL = """
study: tiny
task: {id: Cartpole}
search_space: sac_speed
objective: {target: 4.5}
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def write(text: str | bytes, name: str = "tiny.yaml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def message(path: Any, *overrides: str) -> str:
    with pytest.raises(UserError) as caught:
        load_study(path, overrides)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize(
    ("given", "is_path"),
    [
        ("./a1", True),
        ("folder/a1.yaml", True),
        ("a1.yaml", True),
        ("a1.yml", True),
        ("~a1", True),
        ("a1", False),
        ("a1.2", False),
        ("a1.yaml.bak", False),
    ],
)
def test_a_path_is_told_from_a_name(given: str, is_path: bool) -> None:
    assert is_study_path(given) is is_path


# What is right


def test_defaults_fill_the_rest(write: Any) -> None:
    config = load_study(write(MINIMAL))
    assert config.study == "tiny"
    assert (config.task.id, config.task.simulator, config.task.num_envs) == ("Cartpole", "mujoco", 256)
    assert (config.objective.kind, config.objective.target) == ("time_to_return", 4.5)
    assert (config.budget.seconds, config.budget.trials, config.budget.ticks) == (240.0, 60, 40)
    assert config.confirm is None
    assert config.storage == DEFAULT_STORAGE
    assert config == load_study(str(write(MINIMAL)))  # a text path will do


def test_everything_can_be_said(write: Any) -> None:
    text = """
study: a1-flat
task: {id: Velocity-Flat-A1, simulator: mujoco, num_envs: 64, options: {noise: false, depth: {gain: [1, 2.5, null]}}}
search_space: sac_speed
fixed: {learning_rate: 1e-3, gradient_steps: 8, kind: simba, layer_norm: true, nothing: null}
warm_start: [sbx_default, raffin_part1]
objective: {kind: return_at_budget, target: -1.5e2}
budget: {seconds: 60, trials: 7, total_seconds: 900, ticks: 10}
sampler: {kind: cmaes, seed: 3, options: {n_startup_trials: 4}}
pruner: {kind: median, options: {n_startup_trials: 2}}
confirm: {top: 2, seeds: 3}
workers: {kind: local, count: 2, threads: 1, retries: 0, launch_seconds: 10.5, silence_seconds: 5}
storage: sqlite:///here.db
"""
    config = load_study(write(text))
    assert config.task.options == {"noise": False, "depth": {"gain": [1, 2.5, None]}}
    assert config.fixed == {
        "learning_rate": 0.001,
        "gradient_steps": 8,
        "kind": "simba",
        "layer_norm": True,
        "nothing": None,
    }
    assert config.warm_start == ("sbx_default", "raffin_part1")
    assert config.objective.target == -150.0
    assert config.budget.seconds == 60.0
    assert isinstance(config.budget.seconds, float)
    assert config.sampler.options == {"n_startup_trials": 4}
    assert config.confirm is not None
    assert (config.confirm.top, config.confirm.seeds) == (2, 3)
    assert config.workers.launch_seconds == 10.5


@pytest.mark.parametrize("name", sorted(bundled_studies()))
def test_every_bundled_study_loads_by_name_and_by_path(name: str) -> None:
    assert load_study(name) == load_study(bundled_studies()[name])


def test_a_byte_order_mark_is_no_text(write: Any) -> None:
    assert load_study(write(b"\xef\xbb\xbf" + MINIMAL.encode())).study == "tiny"


# Files named in it


def test_own_files_start_at_the_study_file(write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(
        """
study: own
task: {id: Reach, simulator: ./sims/reach.py:Reach, options: {import: ../envs.py}}
search_space: spaces.py:mine
objective: {target: 1}
"""
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    for given in (path, Path("..") / path.name):
        config = load_study(given)
        assert config.task.simulator == f"{tmp_path}/sims/reach.py:Reach"
        assert config.search_space == f"{tmp_path}/spaces.py:mine"
        assert config.task.options == {"import": os.path.normpath(tmp_path.parent / "envs.py")}


def test_own_files_set_on_the_command_line_start_at_the_working_directory(
    write: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    config = load_study(write(MINIMAL), ["search_space=./mine.py:fast", "task.simulator=/opt/sim.py:Mine"])
    assert config.search_space == f"{elsewhere}/mine.py:fast"
    assert config.task.simulator == "/opt/sim.py:Mine"


@pytest.mark.parametrize("given", ["env/bin/python", "/opt/isaac/bin/python", "python3.11"])
def test_an_interpreter_starts_at_the_study_file_unless_it_is_a_name(write: Any, tmp_path: Path, given: str) -> None:
    study = load_study(
        write(f"study: own\ntask: {{id: Reach, python: {given}}}\nsearch_space: sac_speed\nobjective: {{target: 1}}")
    )
    expected = str(tmp_path / given) if given.startswith("env") else given
    assert study.task.python == expected


def test_names_and_modules_stay_as_they_are(write: Any) -> None:
    config = load_study(write(MINIMAL), ["task.simulator=gymnasium", "task.options.import=my_module"])
    assert (config.search_space, config.task.simulator) == ("sac_speed", "gymnasium")
    assert config.task.options == {"import": "my_module"}


# Studies that are not there


def test_a_misspelled_bundled_name_is_corrected() -> None:
    assert "Unknown study 'quickstrat'. Did you mean 'quickstart'?" in message("quickstrat")


def test_a_file_given_without_its_path_is_pointed_at(write: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write(MINIMAL).parent)
    assert "./tiny.yaml" in message("tiny")
    assert load_study("tiny.yaml").study == "tiny"


def test_a_misspelled_file_is_corrected(write: Any) -> None:
    path = write(MINIMAL, "my_robot.yaml")
    assert f"Did you mean {path}?" in message(path.with_name("my_robt.yaml"))


def test_a_bundled_name_written_as_a_path_is_pointed_at(tmp_path: Path) -> None:
    assert "Did you mean the bundled study 'quickstart'?" in message(tmp_path / "nowhere" / "quickstart.yaml")


def test_a_home_folder_that_nobody_has_is_explained(write: Any) -> None:
    assert "no such home folder" in message("~nosuchuser/mine.yaml")
    assert "no such home folder" in message(write(f"{MINIMAL}action_bounds: ~nosuchuser/bounds.yaml"))
    assert "no such home folder" in message(write(MINIMAL), "search_space=~nosuchuser/mine.py:space")


def test_a_folder_is_no_study(write: Any) -> None:
    text = message(write(MINIMAL).parent)
    assert "is a folder" in text
    assert "tiny.yaml" in text


def test_an_empty_name_is_refused() -> None:
    assert "empty" in message("")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_explained(write: Any) -> None:
    path = write(MINIMAL)
    path.chmod(0)
    assert "Permission denied" in message(path)


def test_a_file_that_cannot_be_read_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "loop.yaml"
    path.symlink_to(path)
    assert str(path) in message(path)


# What is not a study at all


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ["is empty", "study, task, search_space, objective"]),
        ("# nothing but a comment\n", ["is empty"]),
        ("- study\n- task\n", ["holds a list"]),
        ("just words", ["holds a str"]),
        (b"study: \xff\xfe", ["UTF-8", "byte 7 is 0xff"]),
        ("study: tiny\ntask: [1, 2\n", ["line 3, column 1", "not valid YAML"]),
        ("study: tiny\n\ttask: x\n", ["line 2, column 1", "not valid YAML"]),
        ("study: tiny\nstudy: again\n", ["line 2, column 1", "'study' appears twice"]),
        ("study: a\ntask: {id: 1, id: 2}\n", ["line 2, column 15", "'id' appears twice"]),
        ("study: a\nobjective: {target: -9,5}\n", ["line 2, column 24", "with a decimal point, -9.5"]),
        ("objective: {target: 9, 5}\n", ["line 1, column 24", "key 5 is not text"]),
        ("study: a\n7: b\n", ["line 2, column 1", "key 7 is not text"]),
        ("study: a\n---\nstudy: b\n", ["line 2", "single document"]),
        ("study: !!python/object/apply:os.system [echo]\n", ["line 1, column 8", "python/object"]),
        ("study: a\x00b", ["character '\\x00'"]),
        ("[" * 3000, ["not valid YAML"]),
        (f"study: {'1' * 5000}", ["not valid YAML"]),
    ],
)
def test_broken_files_are_explained(write: Any, text: str | bytes, parts: list[str]) -> None:
    path = write(text)
    found = message(path)
    for part in (str(path), *parts):
        assert part in found


# What is wrong inside

CASES = [
    ("taks: {id: x}", ["taks: there is no such key. Did you mean 'task'?", "Allowed: study, task,"]),
    (
        "budget: {secods: 60}",
        ["budget.secods: there is no such key. Did you mean 'seconds'?", "Allowed: seconds, trials"],
    ),
    ("task: {id: x, simulater: mujoco}", ["task.simulater:", "Did you mean 'simulator'?"]),
    ("sampler: {sed: 1}", ["sampler.sed:", "Did you mean 'seed'?"]),
    ("pruner: {knd: median}", ["pruner.knd:", "Did you mean 'kind'?"]),
    ("confirm: {tops: 1}", ["confirm.tops:", "Did you mean 'top'?"]),
    ("workers: {thread: 1}", ["workers.thread:", "Did you mean 'threads'?"]),
    ("objective: {targets: 1, target: 2}", ["objective.targets:", "Did you mean 'target'?"]),
    ("targett: 3", ["targett: there is no such key. Did you mean 'objective.target'?"]),
    ("thread: 3", ["thread: there is no such key. Did you mean 'workers.threads'?"]),
    ("objective: {target: '9,5'}", ["objective.target: needs a number, but '9,5' was given. Numbers have", ": 9.5."]),
    ("objective: {}", ["objective:", "needs a target"]),
    ("objective: {target: null}", ["objective:", "needs a target"]),
    ("objective: {target: .inf}", ["objective.target: needs a finite number, but .inf was given"]),
    ("objective: {target: -.inf}", ["objective.target: needs a finite number, but -.inf was given"]),
    ("objective: {target: .nan}", ["objective.target: needs a finite number, but .nan was given"]),
    ("objective: {target: 1e999}", ["objective.target: needs a finite number, but .inf was given"]),
    ("objective: {target: '15'}", ["objective.target: needs a number, but '15' was given"]),
    ("objective: {target: true}", ["objective.target: needs a number, but true was given"]),
    ("objective: {target: 1, kind: time_to_retrun}", ["objective.kind:", "Did you mean 'time_to_return'?"]),
    ("objective: 15", ["objective: needs a mapping with the keys kind, target, milestones, but 15 was given"]),
    ("budget: {seconds: 0}", ["budget.seconds: needs more than 0, but 0 was given"]),
    ("budget: {seconds: -5.5}", ["budget.seconds: needs more than 0, but -5.5 was given"]),
    ("budget: {seconds: 4m}", ["budget.seconds: needs a number, but '4m' was given"]),
    ("budget: {total_seconds: .inf}", ["budget.total_seconds: needs a finite number"]),
    ("budget: {trials: 0}", ["budget.trials: needs at least 1, but 0 was given"]),
    ("budget: {trials: true}", ["budget.trials: needs a whole number, but true was given"]),
    ("budget: {trials: null}", ["budget.trials: needs a whole number, but nothing (null) was given"]),
    ("budget: {ticks: 1_000}", ["budget.ticks: needs a whole number, but '1_000' was given"]),
    ("task: {id: x, num_envs: 256.0}", ["task.num_envs: needs a whole number, but 256.0 was given"]),
    ("task: {id: x, num_envs: '256'}", ["task.num_envs: needs a whole number, but '256' was given"]),
    ("task: {num_envs: 4}", ["task.id: is missing"]),
    ("task: {id: ''}", ["task.id: needs a text that is not empty"]),
    ("task: {id: 7}", ["task.id: needs a text, but 7 was given"]),
    (
        "task: Cartpole",
        ["task: needs a mapping with the keys id, simulator, python, num_envs", "but 'Cartpole'"],
    ),
    ("task: {id: x, options: [a]}", ["task.options: needs a mapping"]),
    ("task: {id: x, options: {a: {b: .nan}}}", ["task.options.a.b: needs a finite number, but .nan was given"]),
    ("study: my study", ["study: needs letters, digits", "'my study' was given"]),
    ("study: ../up", ["study: needs letters, digits"]),
    ("study: 2024-05-06", []),  # a date is a text, and a fine name
    ("search_space: null", ["search_space: needs a text, but nothing (null) was given"]),
    ("fixed: {rate: .nan}", ["fixed.rate:", ".nan"]),
    ("warm_start: [a, b, a]", ["warm_start: a warm start is named twice"]),
    ("warm_start: fast_sac", ["warm_start: needs a list, but 'fast_sac' was given"]),
    ("warm_start: [1]", ["warm_start.0: needs the name of a warm start, a file such as best.json", "but 1 was given"]),
    ("warm_start: [{}]", ["warm_start.0: The configuration 'values 1' has no values"]),
    ("warm_start: [{entry: Pendulum-v1}]", ["'values 1' has an entry but no file"]),
    ("warm_start: [{learning_rate: 1, algorithm: sca}]", ["'values 1'", "Did you mean 'sac'?"]),
    ("warm_start: [{unpinned: 1}]", ["warm_start.0", "unpinned", "but 1 was given"]),
    ("warm_start: [a, {unpinned: a}]", ["warm_start: a warm start is named twice"]),
    ("warm_start: [{tau: 1}, {name: values 1, tau: 2}]", ["warm_start: a warm start is named twice"]),
    ("sampler: {seed: -1}", ["sampler.seed: needs at least 0, but -1 was given"]),
    ("sampler: {seed: 1.0}", ["sampler.seed: needs a whole number, but 1.0 was given"]),
    ("confirm: yes", ["confirm: needs a mapping with the keys top, seeds, reference, but 'yes' was given"]),
    ("workers: {kind: slurm}", ["workers.kind: needs 'local' or 'ray', but 'slurm' was given"]),
    ("workers: {address: auto}", ["address is for workers of kind ray; leave it out, or write kind: ray"]),
    ("workers: {kind: ray, address: head}", ["'head' must be auto, local, ray://host:10001 or host:6379"]),
    ("workers: {kind: ray, address: 'ray://me:pw@head:1'}", ["must be auto, local, ray://host:10001 or host:6379"]),
    ("workers: {kind: ray, gpus: 1.5}", ["1.5 must be a whole number, or a part of one GPU, such as 0.5"]),
    ("workers: {kind: ray, gpus: -1}", ["workers.gpus: needs at least 0, but -1 was given"]),
    ("workers: {kind: ray, resources: {GPU: 1}}", ["GPU is none of your own resources: write threads for CPUs"]),
    ("workers: {kind: ray, resources: {isaaclab: 0}}", ["workers.resources.isaaclab: needs more than 0, but 0"]),
    ("workers: {retries: -1}", ["workers.retries: needs at least 0, but -1 was given"]),
    ("storage: 7", ["storage: needs a text, but 7 was given"]),
]


@pytest.mark.parametrize(("line", "parts"), CASES, ids=[line for line, _ in CASES])
def test_each_mistake_is_named_with_its_place(write: Any, line: str, parts: list[str]) -> None:
    key = line.split(":")[0]
    kept = [other for other in MINIMAL.strip().splitlines() if not other.startswith(f"{key}:")]
    path = write("\n".join([*kept, line]))
    if not parts:
        assert isinstance(load_study(path), StudyConfig)
        return
    found = message(path)
    assert found.startswith(f"{path} has a mistake:\n  ")
    for part in parts:
        assert part in found


@pytest.mark.parametrize("key", ["study", "task", "search_space", "objective"])
def test_what_is_missing_is_named(write: Any, key: str) -> None:
    kept = [line for line in MINIMAL.strip().splitlines() if not line.startswith(f"{key}:")]
    assert f"\n  {key}: is missing" in message(write("\n".join(kept)))


def test_all_mistakes_are_reported_at_once(write: Any) -> None:
    text = "study: a b\ntask: {id: x, num_envs: 0}\nobjective: {target: .inf}\nbudgte: {}\n"
    lines = message(write(text)).splitlines()
    assert "has 5 mistakes:" in lines[0]
    assert sorted(line.split(":")[0].strip() for line in lines[1:]) == [
        "budgte",
        "objective.target",
        "search_space",
        "study",
        "task.num_envs",
    ]


def test_a_value_that_contains_itself_is_refused(write: Any) -> None:
    text = MINIMAL.replace("{id: Cartpole}", "{id: Cartpole, options: &me {again: *me}}")
    assert "task.options" in message(write(text))
