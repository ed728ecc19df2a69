"""Configurations in study files, in RL Zoo's files, in those that it leaves in a training's folder, and in exports."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.export.example import example
from tuner.config import ActionBox, load_study
from tuner.config.recipes import as_recipe_file, read_recipe
from tuner.errors import UserError
from tuner.export import dump_configuration, get_format

ZOO = """\
Pendulum-v1: &pendulum
  n_envs: 4
  n_timesteps: !!float 1e5
  policy: 'MlpPolicy'
  learning_rate: lin_7.3e-4
  policy_kwargs: "dict(net_arch=[400, 300], log_std_init=-3)"

Walker-v4:
  <<: *pendulum
  normalize: "{'norm_obs': True, 'norm_reward': False}"
  train_freq: !!python/tuple [8, step]
"""
LOGGED = """\
!!python/object/apply:collections.OrderedDict
- - - batch_size
    - 256
  - - policy_kwargs
    - dict(net_arch=[64, 64])
  - - train_freq
    - !!python/tuple
      - 8
      - step
"""
ISAAC_LAB = """\
seed: 42
n_timesteps: !!float 5e7
policy: 'MlpPolicy'
n_steps: 24
n_minibatches: 4
learning_rate: !!float 1e-3
policy_kwargs:
  activation_fn: 'nn.ELU'
  net_arch: [512, 256, 128]
normalize_input: True
normalize_value: False
clip_obs: 10.0
"""


@pytest.fixture
def write(tmp_path: Path) -> Any:
    def written(name: str, text: str) -> str:
        (tmp_path / name).write_text(text)
        return str(tmp_path / name)

    return written


def test_values_in_a_study_file() -> None:
    recipe = read_recipe({"gamma": 0.98, "policy_kwargs": {"net_arch": [8, 8]}, "name": "mine"}, name="values 1")
    assert (recipe.name, recipe.algorithm) == ("mine", None)
    assert recipe.values == {"gamma": 0.98, "net_arch": {"pi": [8, 8], "qf": [8, 8]}}
    assert read_recipe(recipe.model_dump(mode="json"), name="values 1") == recipe


def test_an_entry_of_a_file_of_rl_zoo(write: Any) -> None:
    recipe = read_recipe({"file": write("sac.yml", ZOO), "entry": "Walker-v4", "tau": 0.1}, name="values 1")
    assert (recipe.name, recipe.algorithm, recipe.num_envs) == ("sac.yml:Walker-v4", "sac", 4)
    assert recipe.values == {"tau": 0.1}
    assert recipe.file_values == {
        "normalize_observations": True,
        "n_envs": 4,
        "n_timesteps": 1e5,
        "policy": "mlp",
        "learning_rate": "lin_7.3e-4",
        "net_arch": {"pi": [400, 300], "qf": [400, 300]},
        "log_std_init": -3,
        "train_freq": [8, "step"],
    }
    # Without the key, RL Zoo does not normalise.
    other = read_recipe({"file": write("sac.yml", ZOO), "entry": "Pendulum-v1"}, name="values 1")
    assert other.file_values["normalize_observations"] is False


def test_the_file_of_a_training_of_rl_zoo(write: Any) -> None:
    recipe = read_recipe({"file": write("config.yml", LOGGED), "algorithm": "sac"}, name="values 1")
    assert (recipe.name, recipe.algorithm) == ("config.yml", "sac")
    assert recipe.file_values["train_freq"] == [8, "step"]
    assert recipe.agent("sac", num_envs=1).arguments["train_freq"] == 8


def test_a_file_of_isaac_lab_for_stable_baselines3(write: Any) -> None:
    recipe = read_recipe({"file": write("sb3_ppo_cfg.yaml", ISAAC_LAB)}, name="values 1")
    assert (recipe.name, recipe.algorithm) == ("sb3_ppo_cfg.yaml", None)
    agent = recipe.agent("ppo", num_envs=256)
    # 24 steps of 256 robots in 4 parts
    assert (agent.arguments["batch_size"], agent.arguments["learning_rate"]) == (1536, 1e-3)
    assert (agent.network.activation, agent.network.pi) == ("elu", (512, 256, 128))
    assert (agent.normalize_observations, agent.clip_observations) == (True, 10.0)


@pytest.mark.parametrize("form", ["json", "zoo", "isaaclab"])
@pytest.mark.parametrize("algorithm", ["sac", "ppo", "td3"])
def test_exports_describe_the_agent_that_was_exported(write: Any, algorithm: Any, form: str) -> None:
    exported = example(algorithm)
    file = write("best.json" if form == "json" else "best.yml", get_format(form).text(exported))
    agent = read_recipe({"file": file}, name="values 1").agent(algorithm, num_envs=2)
    wanted = exported.agent
    given = {name: agent.arguments[name] for name in wanted.arguments}
    assert given == wanted.arguments
    assert (agent.network, agent.initial_std, agent.action_box) == (
        wanted.network,
        pytest.approx(wanted.initial_std) if wanted.initial_std else None,
        wanted.action_box,
    )
    assert (agent.normalize_observations, agent.clip_observations) == (True, 5.0)


@pytest.mark.parametrize("form", ["json", "zoo", "isaaclab"])
def test_exports_say_what_a_walker_needs(write: Any, form: str) -> None:
    wanted = {"alive_bonus": 0.02, "initial_std": (0.3, 0.2), "action_box": ActionBox(low=(-1, -2), high=(1, 2))}
    updates = {"critics_for_actor": "mean", "max_ent_coef": 0.03}
    exported = example(**wanted, **updates, target_entropy_std=(0.3, 0.2))
    file = write("best.json" if form == "json" else "best.yml", get_format(form).text(exported))
    agent = read_recipe({"file": file}, name="values 1").agent("sac", num_envs=2)
    # RL Zoo's file has the changed updates in the script that its comments give.
    said = wanted if form == "zoo" else wanted | updates
    assert {name: getattr(agent, name) for name in said} == said


def test_what_an_export_says_of_how_it_was_found(write: Any) -> None:
    data = json.loads(dump_configuration(example()))
    data["provenance"]["parameters"] = {"learning_rate": 1e-3}
    recipe = read_recipe({"file": write("best.json", json.dumps(data))}, name="values 1")
    assert (recipe.parameters, recipe.num_envs, recipe.algorithm) == ({"learning_rate": 1e-3}, 2, "sac")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"file": "sac.yml", "entry": "Pendulum-v0"}, r"Unknown entry 'Pendulum-v0' in .*Did you mean 'Pendulum-v1'\?"),
        ({"file": "sac.yml"}, "has 2 configurations. Name one as its entry: Pendulum-v1, Walker-v4"),
        ({"file": "sax.yml"}, r"Cannot read the configuration .*sax.yml: No such file.*Did you mean .*sac.yml\?"),
        ({"file": "sac.txt"}, "its name must end in .yml, .yaml, .json"),
        ({"file": 3}, "needs texts as file and entry"),
        ({"file": "a2c.yml", "entry": "x"}, "configurations of a2c, which this package does not train"),
        ({"file": "list.yml"}, "holds no configurations"),
        ({"file": "other.yml"}, "'other.yml' has no argument of SBX: its names are study, task"),
        ({"file": "one.yml", "entry": "x"}, "is one configuration and has no entries"),
        ({"file": "broken.yml"}, "is not valid YAML"),
        ({"file": "object.yml"}, "is not valid YAML"),
        ({"file": "study.json"}, "is no export of a configuration"),
        ({"file": "text.json"}, "is no export of a configuration"),
        ({"file": "folder.yml"}, r"Cannot read the configuration .*folder.yml: Is a directory\.$"),
        ({}, "'values 1' has no values"),
    ],
)
def test_bad_input(write: Any, tmp_path: Path, given: dict[str, Any], message: str) -> None:
    files = {
        "sac.yml": ZOO,
        "a2c.yml": ZOO,
        "list.yml": "[1, 2]",
        "other.yml": "study: x\ntask: {id: y}",
        "one.yml": "gamma: 0.9",
        "broken.yml": "a: [",
        "object.yml": "a: !!python/object/apply:os.system [ls]",
        "study.json": '{"study": "x"}',
        "text.json": "no",
    }
    for name, text in files.items():
        write(name, text)
    (tmp_path / "folder.yml").mkdir()
    if isinstance(given.get("file"), str):
        given = {**given, "file": str(tmp_path / given["file"])}
    with pytest.raises(UserError, match=message):
        read_recipe(given, name="values 1")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("best.json", {"file": "best.json"}),
        ("a/sac.yml:Pendulum-v1", {"file": "a/sac.yml", "entry": "Pendulum-v1"}),
        ("sbx_default", None),
        ("module:Env", None),
    ],
)
def test_files_and_names(text: str, found: Any) -> None:
    assert as_recipe_file(text) == found


def test_a_study_file_names_files_from_its_own_folder(write: Any, tmp_path: Path) -> None:
    write("sac.yml", ZOO)
    study = {
        "study": "mine",
        "task": {"id": "Toy"},
        "search_space": "sac_speed",
        "objective": {"target": 1.0},
        "warm_start": ["sbx_default", "sac.yml:Walker-v4", {"file": "sac.yml", "entry": "Pendulum-v1"}, {"tau": 0.1}],
    }
    starts = load_study(write("study.yaml", yaml.safe_dump(study))).warm_start
    assert [getattr(start, "name", start) for start in starts] == [
        "sbx_default",
        "sac.yml:Walker-v4",
        "sac.yml:Pendulum-v1",
        "values 4",
    ]


HYPERPARAMETERS = Path(find_spec("rl_zoo3").origin).parent / "hyperparams" if find_spec("rl_zoo3") else None  # type: ignore[union-attr, arg-type]
ENTRIES = [
    (file.name, entry)
    for file in sorted(HYPERPARAMETERS.glob("*.yml") if HYPERPARAMETERS else [])
    if file.stem in ("sac", "tqc", "td3", "crossq", "ppo")
    for entry in yaml.safe_load(file.read_text())
]


@pytest.mark.skipif(not ENTRIES, reason="pip install --no-deps rl-zoo3 to read its files")
def test_every_entry_of_rl_zoo_is_read_or_refused_for_a_reason() -> None:
    refused = {}
    for name, entry in ENTRIES:
        try:
            recipe = read_recipe({"file": f"{HYPERPARAMETERS}/{name}", "entry": entry}, name="values 1")
            assert recipe.algorithm is not None
            recipe.agent(recipe.algorithm, num_envs=4)
        except UserError as error:
            refused[name, entry] = str(error)
    assert len(ENTRIES) > 100
    reasons = {key: "train_freq" if "train_freq" in text else "CnnPolicy" for key, text in refused.items()}
    # Updates after each episode, and images as observations.
    assert reasons == {
        ("ppo.yml", "CarRacing-v3"): "CnnPolicy",
        ("ppo.yml", "atari"): "CnnPolicy",
        ("sac.yml", "NeckEnvRelative-v2"): "train_freq",
        ("sac.yml", "donkey-generated-track-v0"): "train_freq",
    }
