"""`tuner enqueue`: every form of a configuration, on a study of the real search space in an SQLite database."""

import json

import pytest
from typer.testing import CliRunner

from tests.study.toy import Lab
from tuner.cli.app import app
from tuner.export import configuration_of, dump_configuration
from tuner.spaces import load_space

PICKY = """
import optuna
from tuner.spaces import load_space, search_space

speed = load_space("sac_speed")

def trained(task):
    return given_up(task) | {"one_minus_gamma": 0.05}

def given_up(task):
    return speed.warm_start("sbx_default", task)

@search_space(warm_starts=(trained, given_up))
def picky(trial):
    agent = speed.function(trial)
    if agent.arguments["gamma"] > 0.98:
        raise optuna.TrialPruned
    return agent
"""
ZOO = "Pendulum-v1: {n_timesteps: 20000, learning_rate: 0.001, gamma: 0.98}\nOdd-v0: {gamma: 0.9999}\n"


def with_a_trial(folder):
    """Return a study of which the only trial, a warm start, is done."""
    (folder / "sac.yml").write_text(ZOO)
    lab = Lab(folder)
    lab.run(config(lab), load_space("sac_speed"))
    return lab


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """A study of the test's own, in the working directory."""
    monkeypatch.chdir(tmp_path)
    return with_a_trial(tmp_path)


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A study for tests that change nothing, and its folder."""
    folder = tmp_path_factory.mktemp("shared")
    return with_a_trial(folder), folder


def config(lab, **sections):
    start = {"search_space": "sac_speed", "budget": {"trials": 1}, "warm_start": ["sbx_default"]}
    return lab.config(**{**start, **sections})


def enqueue(lab, *arguments):
    return CliRunner().invoke(app, ["enqueue", "toy", "--storage", config(lab).storage, *arguments])


def queued(lab):
    return [trial for trial in lab.trials(config(lab)) if trial.state.name == "WAITING"]


def test_an_entry_of_rl_zoo_is_queued_and_then_trained(lab):
    done = enqueue(lab, "sac.yml", "--entry", "Pendulum-v1")
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == "Trial 1 of toy is queued: sac.yml:Pendulum-v1."
    assert "  gamma 0.98 → one_minus_gamma 0.02" in lines
    assert "  n_timesteps 20000 is ignored: the study's budget decides it" in lines
    run = f"tuner run STUDY.yaml --trials 2 --storage {config(lab).storage}"  # all of the study's own trials are done
    assert lines[-1] == f"Train it with its study file: {run}"
    (trial,) = queued(lab)
    assert trial.user_attrs["warm_start"] == "sac.yml:Pendulum-v1"
    assert lab.run(config(lab, budget={"trials": 2}), load_space("sac_speed")).finished == 2
    assert lab.trials(config(lab))[1].params["one_minus_gamma"] == 0.02


def test_values_are_queued_and_told_in_json(lab):
    done = enqueue(lab, "--set", "batch_size=512", "--set", "policy_kwargs={net_arch: [64, 64]}", "--json")
    data = json.loads(done.stdout)
    assert (data["study"], data["queued"], data["trial"], data["name"]) == ("toy", True, 1, "queued")
    assert (data["parameters"]["log2_batch_size"], data["parameters"]["network_index"]) == (9, 0)
    assert data["remarks"][0] == {
        "name": "batch_size",
        "given": 512,
        "kind": "kept",
        "used": 512,
        "parameters": {"log2_batch_size": 9},
        "reason": "",
    }
    assert data["parameters"] == queued(lab)[0].system_attrs["fixed_params"]


def test_a_warm_start_is_queued_as_it_is_or_with_other_values(lab):
    assert enqueue(lab, "held_noise").stdout.startswith("Trial 1 of toy is queued: held_noise.\n")
    changed = enqueue(lab, "held_noise", "--set", "gamma=0.97")
    assert changed.stdout.startswith("Trial 2 of toy is queued: held_noise, changed.\n")
    plain, other = (trial.system_attrs["fixed_params"] for trial in queued(lab))
    different = {name for name in plain if plain[name] != pytest.approx(other[name])}
    assert different == {"one_minus_gamma"}


def test_a_parameter_of_the_space_changes_a_warm_start_and_nothing_else(lab):
    """`log2_train_freq` and `log2_noise_hold` decide SBX's `train_freq` and `gradient_steps` together."""
    changed = enqueue(lab, "held_noise", "--set", "log2_noise_hold=3", "--json")
    (trial,) = queued(lab)
    plain = load_space("sac_speed").warm_start("held_noise", config(lab).task)
    assert trial.system_attrs["fixed_params"] == {**plain, "log2_noise_hold": 3}
    assert {remark["kind"] for remark in json.loads(changed.stdout)["remarks"]} == {"kept"}


def test_a_parameter_of_the_space_replaces_what_a_file_says(lab):
    """Neither is out of the space's range, so nothing is refused."""
    done = enqueue(lab, "sac.yml:Pendulum-v1", "--set", "one_minus_gamma=0.05")
    assert "  gamma 0.98 gives way to one_minus_gamma 0.05\n" in done.stdout
    (trial,) = queued(lab)
    assert trial.system_attrs["fixed_params"]["one_minus_gamma"] == 0.05


def test_a_configuration_that_the_study_has_is_not_queued_again(lab):
    assert enqueue(lab, "sbx_default").stdout == "Trial 0 of toy has these parameters already; nothing was queued.\n"
    first = enqueue(lab, "--set", "gamma=0.98", "--json")
    again = enqueue(lab, "--set", "gamma=0.98", "--json")
    assert (json.loads(first.stdout)["queued"], json.loads(again.stdout)["queued"]) == (True, False)
    assert json.loads(again.stdout)["trial"] == 1
    assert len(queued(lab)) == 1


def test_an_export_of_the_study_is_known_again(tmp_path):
    lab = Lab(tmp_path)
    space = load_space("sac_speed")

    def resolved(trial):
        return space.function(trial).resolved([-1.0], [1.0])

    lab.run(config(lab), type(space)("sac_speed", resolved, space.warm_starts))
    file = tmp_path / "best.json"
    file.write_text(dump_configuration(configuration_of(lab.load(config(lab))).configuration))
    assert "Trial 0 of toy has these parameters already" in enqueue(lab, str(file)).stdout
    changed = enqueue(lab, str(file), "--set", "gamma=0.97")
    assert changed.stdout.startswith("Trial 1 of toy is queued: best.json.\n")


def test_what_the_space_does_not_have_is_refused_by_name_unless_the_nearest_will_do(lab):
    done = enqueue(lab, "sac.yml:Odd-v0")
    assert done.exit_code == 2
    assert "gamma 0.9999 lies beyond the range and is clipped to 0.995" in done.stderr
    assert "with --nearest" in done.stderr
    assert queued(lab) == []
    assert enqueue(lab, "sac.yml:Odd-v0", "--nearest").exit_code == 0
    assert queued(lab)[0].system_attrs["fixed_params"]["one_minus_gamma"] == 0.005


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a configuration: a file, the name of a warm start, or values with --set NAME=VALUE."),
        (("held_nois",), "Unknown warm start 'held_nois' of search space 'sac_speed'. Did you mean 'held_noise'?"),
        (("sac.yml:Pendulum-v0",), "Did you mean 'Pendulum-v1'?"),
        (("sax.yml",), "Did you mean sac.yml?"),
        (("ppo.json",), "Cannot read the configuration ppo.json"),
        (("held_noise", "--entry", "x"), "--entry goes with a file only"),
        (("--entry", "x", "--set", "gamma=0.9"), "--entry goes with a file only"),
        (("--set", "gama=0.98"), "Unknown parameter 'gama' in the configuration 'queued'. Did you mean 'gamma'?"),
        (
            ("held_noise", "--set", "noise_hold=3"),
            "Unknown parameter 'noise_hold' in the configuration 'held_noise, changed'",
        ),
        (
            ("held_noise", "--set", "log2_batch_size=18"),
            "'log2_batch_size' in the configuration 'held_noise, changed' is 18",
        ),
        (("--set", "gamma"), "--set takes NAME=VALUE, such as gamma=0.98, but was given 'gamma'."),
        (("--set", "gamma=2"), "'gamma' is 2 but must be a number above 0 and at most 1"),
        (("--set", "log2_batch_size=18"), "'log2_batch_size' in the configuration 'queued' is 18"),
        (("--set", "algorithm=ppo", "--set", "gamma=0.9"), "is one of ppo, but the search space builds agents of sac"),
    ],
)
def test_mistakes_are_told_and_nothing_is_queued(shared, monkeypatch, arguments, said):
    lab, folder = shared
    monkeypatch.chdir(folder)
    refused = enqueue(lab, *arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr
    assert queued(lab) == []


def test_a_study_that_is_not_there(lab):
    missing = CliRunner().invoke(app, ["enqueue", "toi", "held_noise", "--storage", config(lab).storage])
    assert (missing.exit_code, "Did you mean 'toy'?" in missing.stderr) == (2, True)


@pytest.mark.parametrize("changes", [[], ["--set", "gamma=0.98"]])
def test_a_warm_start_that_the_search_space_gives_up(lab, tmp_path, changes):
    (tmp_path / "picky.py").write_text(PICKY)
    start = config(lab, study="picky", search_space=f"{tmp_path / 'picky.py'}:picky", warm_start=["trained"])
    lab.run(start, load_space(start.search_space))
    done = CliRunner().invoke(app, ["enqueue", "picky", "--storage", start.storage, "given_up", *changes])
    if changes:
        assert done.exit_code == 2
        assert done.stderr.startswith("Error: The search space 'picky.py:picky' at ")
        assert "gives this combination up" in done.stderr
    else:  # queued as it is; as a trial, it is pruned by the rule search_space
        assert done.exit_code == 0, done.stderr
